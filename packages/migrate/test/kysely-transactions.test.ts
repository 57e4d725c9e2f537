import { promises as fs } from "node:fs";
import { symlink } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import type { Client, Config } from "@litefleet/driver";
import { LitefleetDialect } from "@litefleet/kysely-dialect";
import { startSqld } from "@litefleet/testing";
import { Kysely } from "kysely";
import { FileMigrationProvider, Migrator } from "kysely/migration";
import { createClient, LitefleetError } from "@litefleet/driver";
import { migrate, MigrateError } from "../src/index.ts";
import { scratchFolder, writeFiles } from "./scratch.ts";

const modules = fileURLToPath(new URL("../node_modules", import.meta.url));

/** What each migration has before its own code: a table, rows of it, and a transaction that takes its time. */
const prelude = `
import { concurrent, transaction } from "@litefleet/kysely-dialect";
const wait = () => new Promise((resolve) => setTimeout(resolve, 5));
const add = (db, n) => db.insertInto("log").values({ n }).execute();
const failing = (n) => async (trx) => { await add(trx, n); await wait(); throw new Error("thrown by the callback"); };
const holding = (n) => async (trx) => { await wait(); await add(trx, n); await wait(); await add(trx, n + 1); };
export async function up(db) {
  await db.selectFrom("sqlite_master").select("name").execute();
`;

/** A folder of two migrations: one that makes the log, and one with `code` in its `up(db)`. */
async function folderWith(code: string): Promise<string> {
  const dir = await writeFiles({
    "001_log.ts": `export async function up(db) { await db.schema.createTable("log").addColumn("n", "integer").execute(); }`,
    "002_code.ts": `${prelude}${code}\n}`,
  });
  await symlink(modules, path.join(dir, "..", "node_modules"));
  return dir;
}

/** Runs a migration with `code`. Answers why it fails, if it does, and the numbers that the log holds then. */
async function run(code: string, on?: Config): Promise<unknown> {
  const dir = await folderWith(code);
  const client = createClient(on ?? { url: `file:${path.join(await scratchFolder(), "tenant.db")}` });
  try {
    const error = await migrate(client, { dir, tx: "file" }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const held = await numbers(client);
    if (!(error instanceof MigrateError)) return error ?? held;
    const { code: failedWith, migration, cause } = error;
    const why = cause instanceof LitefleetError ? cause.code : cause instanceof Error && cause.message;
    return { code: failedWith, migration, why, held };
  } finally {
    client.close();
  }
}

const failed = { code: "MIGRATION_FAILED", migration: "002_code", held: [] };

async function numbers(client: Client): Promise<unknown[]> {
  return (await client.prepare("SELECT n FROM log ORDER BY n").values()).flat();
}

describe("transactions of a migration that are open side by side", () => {
  const settled = `
    const outcomes = await Promise.allSettled([failing(1), holding(10), failing(2), holding(20)].map((callback) =>
      db.transaction().execute(callback)));
    if (outcomes.map(({ status }) => status[0]).join("") !== "rfrf") throw new Error("other outcomes");`;

  test.each(["libsql", "sqlite", "turso"] as const)("each hold or fail on their own (%s)", async (engine) => {
    const url = `file:${path.join(await scratchFolder(), "tenant.db")}`;
    expect(await run(settled, { url, engine })).toEqual([10, 11, 20, 21]);
  });

  test("each hold or fail on their own (a server)", async () => {
    await using server = await startSqld();
    expect(await run(settled, server.clientConfig())).toEqual([10, 11, 20, 21]);
  });

  test("each hold or fail on their own (with Kysely's own migrator)", async () => {
    const client = createClient({ url: `file:${path.join(await scratchFolder(), "tenant.db")}` });
    const db = new Kysely<unknown>({ dialect: new LitefleetDialect({ client }) });
    const importing = (module: string): Promise<unknown> => import(pathToFileURL(module).href);
    const provider = new FileMigrationProvider({
      fs,
      path,
      migrationFolder: await folderWith(settled),
      import: importing,
    });
    const { error } = await new Migrator({ db, provider, disableTransactions: true }).migrateToLatest();
    expect(error).toBeUndefined();
    expect(await numbers(client)).toEqual([10, 11, 20, 21]);
    client.close();
  });

  test.each([
    ["the one before", "[failing(1), holding(10)]"],
    ["the one after", "[holding(10), failing(1)]"],
  ])("make the migration fail with the one that fails: %s", async (_, callbacks) => {
    expect(await run(`await Promise.all(${callbacks}.map((callback) => db.transaction().execute(callback)));`)).toEqual(
      { ...failed, why: "thrown by the callback" },
    );
  });

  test("hold or fail on their own whatever began them", async () => {
    const code = `
      const back = () => undefined;
      const byHand = async () => {
        const trx = await db.startTransaction().execute();
        await add(trx, 30);
        await trx.rollback().execute();
      };
      await Promise.all([
        transaction(db, failing(1)).catch(back),
        concurrent(db, holding(10)),
        db.connection().execute((own) => own.transaction().execute(failing(2))).catch(back),
        db.withSchema("main").transaction().execute(holding(20)),
      ]);
      await byHand();`;
    expect(await run(code)).toEqual([10, 11, 20, 21]);
  });

  test("take no statement with them that is run beside them", async () => {
    const code = `
      const failed = db.transaction().execute(failing(1)).catch(() => undefined);
      await Promise.all([failed, add(db, 7), wait().then(() => add(db, 8))]);`;
    expect(await run(code)).toEqual([7, 8]);
  });
});

describe("what is called from inside of a transaction", () => {
  test("belongs to it, also when it is called on db", async () => {
    const code = `
      await db.transaction().execute(async (trx) => { await add(trx, 1); await add(db, 2); throw new Error("back"); }).catch(() => undefined);
      await db.transaction().execute(async (trx) => { await add(trx, 3); await add(db, 4); });`;
    expect(await run(code)).toEqual([3, 4]);
  });

  test("may be transactions of db again, side by side", async () => {
    const code = `
      await db.transaction().execute(async (trx) => {
        await add(trx, 1);
        await Promise.allSettled([failing(2), holding(10)].map((callback) => db.transaction().execute(callback)));
      });`;
    expect(await run(code)).toEqual([1, 10, 11]);
  });

  test("may be a stream's loop that writes and begins transactions", async () => {
    const code = `
      await add(db, 1);
      for await (const { n } of db.selectFrom("log").select("n").stream(1)) {
        await db.transaction().execute((trx) => add(trx, n + 1));
      }`;
    expect(await run(code)).toEqual([1, 2]);
  });
});

describe("savepoints of a transaction that was begun by hand", () => {
  test("are kept and undone, and what is called on db is inside", async () => {
    const code = `
      const trx = await db.startTransaction().execute();
      await add(trx, 1);
      const saved = await trx.savepoint("here").execute();
      await add(saved, 2);
      await add(db, 3);
      await db.transaction().execute(holding(10));
      await saved.rollbackToSavepoint("here").execute();
      await add(trx, 4);
      await trx.commit().execute();`;
    expect(await run(code)).toEqual([1, 4]);
  });

  test("a transaction that ends before the one inside of it fails the migration", async () => {
    const code = `
      const outer = await db.startTransaction().execute();
      const inner = await db.startTransaction().execute();
      await add(inner, 1);
      await outer.commit().execute().catch(() => undefined);
      await inner.rollback().execute().catch(() => undefined);`;
    expect(await run(code)).toEqual({ ...failed, why: "TRANSACTION_ACTIVE" });
  });
});

test("a transaction that is not awaited fails the migration", async () => {
  expect(await run(`void db.transaction().execute(holding(1)).catch(() => undefined); await wait();`)).toEqual({
    ...failed,
    why: "TRANSACTION_ACTIVE",
  });
});
