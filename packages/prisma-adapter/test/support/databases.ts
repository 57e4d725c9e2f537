import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@litefleet/driver";
import type { Client, Config, LocalEngineName } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";

/** An empty database of one engine with the tables of `schema.sql`, for one test. */
export interface TestDatabase extends AsyncDisposable {
  readonly config: Config;
}

/** Whose SQL an engine speaks, down to its faults: SQLite's own code, or the rewrite that Turso Database is. */
export type Dialect = "sqlite" | "turso";

/** An engine that the suites run on. */
export interface TestEngine {
  readonly name: string;
  readonly dialect: Dialect;
  /** Who decides how long one waits for another's lock: the client by its `timeout`, or the server. */
  readonly lockTimeout: "client" | "server";
  readonly open: () => Promise<TestDatabase>;
}

export const engines: readonly TestEngine[] = [
  { name: "libsql file", dialect: "sqlite", lockTimeout: "client", open: () => openFile("libsql") },
  { name: "node:sqlite file", dialect: "sqlite", lockTimeout: "client", open: () => openFile("sqlite") },
  { name: "turso file", dialect: "turso", lockTimeout: "client", open: () => openFile("turso") },
  { name: "sqld over http", dialect: "sqlite", lockTimeout: "server", open: () => openServer("http") },
  { name: "sqld over ws", dialect: "sqlite", lockTimeout: "server", open: () => openServer("ws") },
  { name: "embedded replica", dialect: "sqlite", lockTimeout: "server", open: openReplica },
];

/** A database for `PrismaLitefleet`, with the tables of `schema.sql`: a configuration, or the client of one in memory. */
export interface OpenedDatabase extends AsyncDisposable {
  readonly database: Config | Client;
}

/** {@link engines}, and the local ones in memory, where a database belongs to its client. */
export const enginesAndMemory = [
  ...(["libsql", "sqlite", "turso"] as const).map((engine) => ({
    name: `${engine} in memory`,
    dialect: engine === "turso" ? ("turso" as const) : ("sqlite" as const),
    open: () => openMemory(engine),
  })),
  ...engines.map(({ name, dialect, open }) => ({
    name,
    dialect,
    async open(): Promise<OpenedDatabase> {
      const opened = await open();
      return { database: opened.config, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
    },
  })),
];

async function openMemory(engine: LocalEngineName): Promise<OpenedDatabase> {
  const database = createClient({ url: ":memory:", engine, timeout: 50 });
  await addTables(database);
  return { database, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

async function openFile(engine: LocalEngineName): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), "litefleet-prisma-"));
  const config: Config = { url: `file:${join(directory, "test.db")}`, engine };
  // As the README advises: readers and the writer do not wait for each other.
  await createTables(config, "PRAGMA journal_mode = WAL");
  return {
    config,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

async function openReplica(): Promise<TestDatabase> {
  const server = await startSqld();
  const directory = await mkdtemp(join(tmpdir(), "litefleet-prisma-"));
  await createTables(server.clientConfig());
  let copies = 0;
  return {
    /** A file belongs to one client, so each gets a copy of its own. */
    get config() {
      copies += 1;
      return { url: `file:${join(directory, `replica-${copies}.db`)}`, syncUrl: server.url };
    },
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true });
      await server.stop();
    },
  };
}

async function openServer(protocol: "http" | "ws"): Promise<TestDatabase> {
  const server = await startSqld();
  const config: Config = protocol === "http" ? server.clientConfig() : { url: server.wsUrl };
  await createTables(config);
  return { config, [Symbol.asyncDispose]: () => server.stop() };
}

async function createTables(config: Config, ...before: readonly string[]): Promise<void> {
  await using client = createClient(config);
  for (const sql of before) await client.execute(sql);
  await makeTables(client);
}

/** Makes the tables of `schema.sql` in an empty database. */
export async function makeTables(client: Client): Promise<void> {
  await addTables(client);
}

async function addTables(client: Client): Promise<void> {
  await client.executeMultiple(await readFile(new URL("../schema.sql", import.meta.url), "utf8"));
}
