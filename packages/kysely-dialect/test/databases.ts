import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config, IntMode, LocalEngineName } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { Kysely } from "kysely";
import type { Generated, LogEvent } from "kysely";
import { afterAll } from "vitest";
import { LitefleetDialect } from "../src/index.ts";

/** The databases that every test of the dialect runs on: files, and a libSQL server. */
export const databaseNames = ["libsql", "sqlite", "turso", "server"] as const;

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

let server: Promise<SqldServer> | undefined;
let namespaces = 0;

afterAll(async () => {
  await (await server)?.stop();
});

/** Makes an empty database. */
export async function createDatabase(name: DatabaseName): Promise<TestDatabase> {
  const { config, remove } = name === "server" ? await createOnServer() : await createFile(name);
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
      await remove();
    },
  };
}

interface Created {
  readonly config: Config;
  readonly remove: () => Promise<void>;
}

async function createFile(engine: LocalEngineName): Promise<Created> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-kysely-"));
  return {
    config: { url: `file:${join(folder, "test.db")}`, engine, timeout: 5_000 },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function createOnServer(): Promise<Created> {
  server ??= startSqld({ namespaces: true });
  const running = await server;
  namespaces += 1;
  const namespace = `kysely${namespaces}`;
  await running.createNamespace(namespace);
  // The server goes with its data at the end of the file.
  return { config: running.clientConfig(namespace), remove: () => Promise.resolve() };
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
