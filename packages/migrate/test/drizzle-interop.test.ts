import path from "node:path";
import { drizzle } from "drizzle-orm/libsql";
import { migrate as drizzleMigrate } from "drizzle-orm/libsql/migrator";
import { expect, test, vi } from "vitest";
import { migrate, status } from "../src/index.ts";
import { blogDir, blogMigrations } from "./blog.ts";
import { openFile, schemaOf, scratchFolder } from "./scratch.ts";

// Processes and files in numbers take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

async function runDrizzle(file: string): Promise<void> {
  const db = drizzle(`file:${file}`);
  try {
    await drizzleMigrate(db, { migrationsFolder: blogDir });
  } finally {
    db.$client.close();
  }
}

async function ledgerOf(file: string): Promise<unknown[]> {
  const { rows } = await openFile(file).execute(
    "SELECT id, hash, created_at, typeof(created_at) FROM __drizzle_migrations",
  );
  return rows.map((row) => [row[0], row[1], row[2], row[3]]);
}

test("what drizzle's migrator applied counts as applied", async () => {
  const file = path.join(await scratchFolder(), "drizzle-first.db");
  await runDrizzle(file);
  const client = openFile(file);
  expect(await status(client, { dir: blogDir })).toMatchObject({ state: "up-to-date", applied: blogMigrations });
  expect(await migrate(client, { dir: blogDir })).toMatchObject({ state: "up-to-date", applied: [] });
});

test("drizzle's migrator finds nothing to do afterwards", async () => {
  const file = path.join(await scratchFolder(), "we-first.db");
  await migrate(openFile(file), { dir: blogDir });
  const ledger = await ledgerOf(file);
  // It would fail at the first CREATE TABLE if it applied anything.
  await runDrizzle(file);
  expect(await ledgerOf(file)).toEqual(ledger);
});

test("schema and ledger are the same, whoever applied the migrations", async () => {
  const folder = await scratchFolder();
  const [ours, theirs] = [path.join(folder, "ours.db"), path.join(folder, "theirs.db")];
  await migrate(openFile(ours), { dir: blogDir });
  await runDrizzle(theirs);
  expect(await schemaOf(openFile(ours))).toEqual(await schemaOf(openFile(theirs)));
  expect(await ledgerOf(ours)).toEqual(await ledgerOf(theirs));
});
