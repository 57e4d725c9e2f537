import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@litefleet/driver";
import type { Config } from "@litefleet/driver";

/** An empty database of one engine with the tables of `schema.sql`, for one test. */
export interface TestDatabase extends AsyncDisposable {
  readonly config: Config;
}

/** The engines that the suites run on: a name, and how to make a database of it. */
export const engines: readonly { readonly name: string; readonly open: () => Promise<TestDatabase> }[] = [
  { name: "libsql file", open: () => openFile("libsql") },
  { name: "node:sqlite file", open: () => openFile("sqlite") },
];

async function openFile(engine: "libsql" | "sqlite"): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), "litefleet-prisma-"));
  const config: Config = { url: `file:${join(directory, "test.db")}`, engine };
  await createTables(config);
  return {
    config,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

async function createTables(config: Config): Promise<void> {
  await using client = createClient(config);
  // As the README advises: readers and the writer do not wait for each other.
  await client.execute("PRAGMA journal_mode = WAL");
  await client.executeMultiple(await readFile(new URL("../schema.sql", import.meta.url), "utf8"));
}
