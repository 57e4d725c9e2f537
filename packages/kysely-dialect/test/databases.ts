import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config, IntMode } from "@litefleet/driver";
import { Kysely } from "kysely";
import type { Generated, LogEvent } from "kysely";
import { LitefleetDialect } from "../src/index.ts";

/** The databases that the dialect's tests run on. */
export const databaseNames = ["libsql", "sqlite"] as const;

export type DatabaseName = (typeof databaseNames)[number];

/** The tables that {@link createTables} makes. */
export interface Tables {
  person: { id: Generated<number>; name: string; age: number | null; photo: Uint8Array | null };
  pet: { id: Generated<number>; name: string; owner_id: number };
}

/** How a test opens a database. */
export interface OpenOptions {
  readonly log?: (event: LogEvent) => void;
  readonly intMode?: IntMode;
}

/** A fresh database, and what takes it away. */
export interface TestDatabase extends AsyncDisposable {
  readonly config: Config;
  /** Opens a `Kysely` instance with a client of its own, which is destroyed with the database. */
  readonly open: <DB = Tables>(options?: OpenOptions) => Kysely<DB>;
}

/** Makes an empty database. */
export async function createDatabase(name: DatabaseName): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-kysely-"));
  const config: Config = { url: `file:${join(folder, "test.db")}`, engine: name, timeout: 5_000 };
  const opened: (() => Promise<void>)[] = [];
  return {
    config,
    open<DB>({ log, intMode }: OpenOptions = {}) {
      const db = new Kysely<DB>({ dialect: new LitefleetDialect({ ...config, intMode }), log });
      opened.push(() => db.destroy());
      return db;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((destroy) => destroy()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Creates the tables of {@link Tables}, with two people. */
export async function createTables(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("person")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull().unique())
    .addColumn("age", "integer")
    .addColumn("photo", "blob")
    .execute();
  await db.schema
    .createTable("pet")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("owner_id", "integer", (column) => column.notNull().references("person.id").onDelete("cascade"))
    .execute();
  await db
    .insertInto("person")
    .values([
      { name: "Ada", age: 36 },
      { name: "Grace", age: 85 },
    ])
    .execute();
}

/** The names of all people, in order. */
export async function names(db: Kysely<Tables>): Promise<string[]> {
  const rows = await db.selectFrom("person").select("name").orderBy("id").execute();
  return rows.map((row) => row.name);
}

/** All that a stream gives. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of stream) all.push(each);
  return all;
}
