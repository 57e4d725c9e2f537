import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { migrate } from "../src/index.ts";
import { failure } from "./failure.ts";
import { countsOf, scratchClient, scratchFolder, writeFiles, writeFolder, writeFolderV1 } from "./scratch.ts";

vi.setConfig({ testTimeout: 60_000 });

let server: SqldServer;
let used = 0;
const clients: Client[] = [];

beforeAll(async () => {
  server = await startSqld({ namespaces: true });
});

afterAll(async () => {
  for (const client of clients) client.close();
  await server?.stop();
});

async function onServer(): Promise<Client> {
  used += 1;
  await server.createNamespace(`loss${used}`);
  const client = createClient(server.clientConfig(`loss${used}`));
  clients.push(client);
  return client;
}

const base = `CREATE TABLE authors (id INTEGER PRIMARY KEY, plan TEXT DEFAULT 'free');
CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES authors (id) ON DELETE CASCADE);
INSERT INTO authors (id) VALUES (1), (2);
INSERT INTO posts (author) VALUES (1), (1), (2);
`;
const copy = `CREATE TABLE new_authors (id INTEGER PRIMARY KEY, plan TEXT DEFAULT 'starter');
INSERT INTO new_authors SELECT id, plan FROM authors;
DROP TABLE authors;
ALTER TABLE new_authors RENAME TO authors;
`;

/** How each tool writes the rebuild of a table, in its own folder. */
const tools: Readonly<Record<string, () => Promise<string>>> = {
  "drizzle-kit before 1.0": () =>
    writeFolder({
      "0000_base": base,
      "0001_plan": `PRAGMA foreign_keys=OFF;--> statement-breakpoint\n${copy}--> statement-breakpoint\nPRAGMA foreign_keys=ON;`,
    }),
  "drizzle-kit 1.0": () =>
    writeFolderV1({
      "20250101000000_base": base,
      "20250102000000_plan": `PRAGMA foreign_keys=OFF;--> statement-breakpoint\n${copy}--> statement-breakpoint\nPRAGMA foreign_keys=ON;`,
    }),
  Prisma: async () => {
    const dir = await scratchFolder();
    const texts = {
      "20250101000000_base": base,
      "20250102000000_plan": `-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\n${copy}PRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n`,
    };
    for (const [name, sql] of Object.entries(texts)) {
      await mkdir(path.join(dir, name));
      await writeFile(path.join(dir, name, "migration.sql"), sql);
    }
    return dir;
  },
  "plain SQL that says nothing of foreign keys": () => writeFiles({ "1_base.sql": base, "2_plan.sql": copy }),
  goose: () => writeFiles({ "1_base.sql": `-- +goose Up\n${base}`, "2_plan.sql": `-- +goose Up\n${copy}` }),
  Flyway: () => writeFiles({ "V1__base.sql": base, "V2__plan.sql": copy }),
};

describe.each([
  ["a file", () => scratchClient()],
  ["a file, by node:sqlite", () => scratchClient({ engine: "sqlite" })],
  ["sqld", onServer],
  ["Turso Database", () => scratchClient({ engine: "turso" })],
] as const)("%s", (_engine, open) => {
  test.each(Object.entries(tools))("no row is lost to a rebuild by %s", async (_, write) => {
    const client = await open();
    expect(await migrate(client, { dir: await write() })).toMatchObject({ state: "migrated" });
    expect(await countsOf(client, "authors", "posts")).toEqual({ authors: 2, posts: 3 });
  });

  test.each([
    // Renaming a parent takes the references along to the old table, which is dropped then.
    [
      "a rebuild the other way round",
      "ALTER TABLE authors RENAME TO old_authors;\nCREATE TABLE authors (id INTEGER PRIMARY KEY, plan TEXT);\n" +
        "INSERT INTO authors SELECT id, plan FROM old_authors;\nDROP TABLE old_authors;\n",
    ],
    [
      "orphans of a transaction without foreign keys",
      "PRAGMA foreign_keys=OFF;\nDELETE FROM authors WHERE id = 2;\nPRAGMA foreign_keys=ON;",
    ],
  ])("%s: nothing is committed", async (_, change) => {
    const client = await open();
    await migrate(client, { dir: await writeFiles({ "1_base.sql": base }) });
    const dir = await writeFiles({ "1_base.sql": base, "2_change.sql": change });
    expect(await failure(migrate(client, { dir }))).toMatchObject({
      code: "FOREIGN_KEY_VIOLATION",
      migration: "2_change",
    });
    expect(await countsOf(client, "authors", "posts")).toEqual({ authors: 2, posts: 3 });
  });
});
