import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, type Config, createClient, type LocalEngineName } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe } from "vitest";
import { drizzle, type LitefleetDatabase } from "../src/index.ts";
import * as schema from "./schema.ts";

/** A kind of database to run the same tests on. */
export interface DatabaseKind {
  readonly name: string;
  /** Starts what all databases of this kind need. */
  start(): Promise<DatabaseSource>;
}

/** Gives databases of a kind. */
export interface DatabaseSource {
  /** The configuration of a database that is new and empty. */
  fresh(): Promise<Config>;
  stop(): Promise<void>;
}

/** The kinds of databases that the tests run on. */
export const databaseKinds: readonly DatabaseKind[] = [
  { name: "file, libsql", start: () => startFiles("libsql") },
  { name: "file, sqlite", start: () => startFiles("sqlite") },
  { name: "file, turso", start: () => startFiles("turso") },
  { name: "sqld over http", start: startServer },
];

async function startFiles(engine: LocalEngineName): Promise<DatabaseSource> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-drizzle-"));
  let count = 0;
  return {
    fresh: async () => ({ url: `file:${join(folder, `${(count += 1)}.db`)}`, engine }),
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

async function startServer(): Promise<DatabaseSource> {
  const server = await startSqld({ namespaces: true });
  let count = 0;
  return {
    async fresh() {
      const namespace = `drizzle${(count += 1)}`;
      await server.createNamespace(namespace);
      return server.clientConfig(namespace);
    },
    stop: () => server.stop(),
  };
}

/** The database of the test that is running. */
interface Connected {
  readonly config: Config;
  readonly client: Client;
  readonly db: LitefleetDatabase<typeof schema> & { $client: Client };
}

/** Runs `tests` on each kind of database; every test has a new one with the schema's tables, which `current` returns. */
export function onEachDatabase(tests: (current: () => Connected) => void): void {
  describe.each(databaseKinds)("$name", (kind) => {
    let source: DatabaseSource | undefined;
    let connected: Connected | undefined;
    beforeAll(async () => {
      source = await kind.start();
    });
    beforeEach(async () => {
      if (source === undefined) throw new Error("The database did not start");
      const config = await source.fresh();
      const client = createClient(config);
      const db = drizzle(client, { schema });
      for (const statement of schema.ddl) await db.run(statement);
      connected = { config, client, db };
    });
    afterEach(() => {
      connected?.client.close();
      connected = undefined;
    });
    afterAll(async () => {
      await source?.stop();
    });
    tests(() => {
      if (connected === undefined) throw new Error("No database is open");
      return connected;
    });
  });
}
