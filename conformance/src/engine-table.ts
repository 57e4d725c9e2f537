import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@litefleet/driver";
import type { Capabilities, Client, Config } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import { startOffline } from "./offline-fixture.ts";

/** The engines that the contract is kept on. */
export const engineNames = [
  "libsql memory",
  "libsql file",
  "sqld http",
  "sqld ws",
  "replica",
  "turso mvcc",
  "turso offline",
  "sqlite memory",
  "sqlite file",
] as const;

/** One of {@link engineNames}. */
export type EngineName = (typeof engineNames)[number];

/** A database of an engine, for one test file. */
export interface Fixture {
  /** Opens a client on the fixture's database. Each `:memory:` client has one of its own. The fixture closes it. */
  open(options?: Partial<Config>): Client;
  /** Makes the database empty and closes the clients that were opened. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** What comes of reading text that is not UTF-8: the text with U+FFFD in it, or the code of the error. Nobody's process ends. */
export const notUtf8: Readonly<Record<EngineName, "replaced" | "SERVER_ERROR" | "CONNECTION_FAILED">> = {
  "libsql memory": "replaced",
  "libsql file": "replaced",
  "sqld http": "SERVER_ERROR",
  "sqld ws": "CONNECTION_FAILED",
  replica: "replaced",
  "turso mvcc": "replaced",
  "turso offline": "replaced",
  "sqlite memory": "replaced",
  "sqlite file": "replaced",
};

/** How an engine is brought up, and what it says it can do. */
export interface EngineEntry {
  readonly capabilities: Capabilities;
  /** Whether two clients see the same database. */
  readonly isShared: boolean;
  start(): Promise<Fixture>;
}

const libsql: Capabilities = {
  concurrentWrites: "serialized",
  vectorDistance: true,
  vectorIndex: true,
  sync: false,
  offlineWrites: false,
  encryption: true,
  fullTextSearch: true,
  recursiveCte: true,
};
const server: Capabilities = { ...libsql, encryption: false };
const sqlite: Capabilities = { ...libsql, encryption: false, vectorIndex: false };
const turso: Capabilities = {
  ...libsql,
  concurrentWrites: "mvcc",
  encryption: false,
  vectorIndex: false,
  fullTextSearch: false,
  recursiveCte: false,
};

/** Every engine with its entry; a new name does not compile without one. */
export const engineTable: Readonly<Record<EngineName, EngineEntry>> = {
  "libsql memory": { capabilities: libsql, isShared: false, start: () => startMemory({}) },
  "libsql file": { capabilities: libsql, isShared: true, start: () => startFile({}) },
  "sqld http": { capabilities: server, isShared: true, start: () => startServer("http") },
  "sqld ws": { capabilities: server, isShared: true, start: () => startServer("ws") },
  replica: { capabilities: { ...server, sync: true }, isShared: true, start: startReplica },
  "turso mvcc": { capabilities: turso, isShared: true, start: () => startFile({ engine: "turso" }) },
  "turso offline": {
    capabilities: { ...turso, concurrentWrites: "serialized", sync: true, offlineWrites: true },
    isShared: false,
    start: startOffline,
  },
  "sqlite memory": { capabilities: sqlite, isShared: false, start: () => startMemory({ engine: "sqlite" }) },
  "sqlite file": { capabilities: sqlite, isShared: true, start: () => startFile({ engine: "sqlite" }) },
};

function startMemory(engine: Pick<Config, "engine">): Promise<Fixture> {
  const clients = new Clients(() => ({ url: ":memory:", ...engine }));
  return Promise.resolve({
    open: (options) => clients.open(options),
    reset: () => Promise.resolve(clients.close()),
    stop: () => Promise.resolve(clients.close()),
  });
}

async function startFile(engine: Pick<Config, "engine">): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-conformance-"));
  let count = 0;
  const clients = new Clients(() => ({ url: `file:${join(folder, `${count}.db`)}`, ...engine }));
  return {
    open: (options) => clients.open(options),
    reset() {
      clients.close();
      count += 1;
      return Promise.resolve();
    },
    async stop() {
      clients.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startServer(protocol: "http" | "ws"): Promise<Fixture> {
  const sqld = await startSqld();
  const url = sqld.url.replace("http", protocol);
  const clients = new Clients(() => ({ url }));
  return {
    open: (options) => clients.open(options),
    async reset() {
      clients.close();
      await empty(sqld.url);
    },
    async stop() {
      clients.close();
      await sqld.stop();
    },
  };
}

async function startReplica(): Promise<Fixture> {
  const sqld = await startSqld();
  const folder = await mkdtemp(join(tmpdir(), "litefleet-conformance-"));
  let count = 0;
  const clients = new Clients(() => {
    count += 1;
    return { url: `file:${join(folder, `${count}.db`)}`, syncUrl: sqld.url };
  });
  return {
    open: (options) => clients.open(options),
    async reset() {
      clients.close();
      await empty(sqld.url);
    },
    async stop() {
      clients.close();
      await sqld.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

class Clients {
  readonly #config: () => Config;
  readonly #open: Client[] = [];

  constructor(config: () => Config) {
    this.#config = config;
  }

  open(options: Partial<Config> = {}): Client {
    const client = createClient({ ...this.#config(), ...options });
    this.#open.push(client);
    return client;
  }

  close(): void {
    for (const client of this.#open.splice(0)) client.close();
  }
}

async function empty(url: string): Promise<void> {
  const client = createClient({ url });
  const { rows } = await client.execute(
    "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'libsql_%' AND name NOT LIKE '%_shadow%'",
  );
  await client.migrate(rows.map(({ type, name }) => `DROP ${String(type)} IF EXISTS "${String(name)}"`));
  client.close();
}
