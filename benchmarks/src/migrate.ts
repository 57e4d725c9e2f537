import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createClient as createPeer } from "@libsql/client";
import { createClient } from "@litefleet/driver";
import type { Config } from "@litefleet/driver";
import { migrate } from "@litefleet/migrate";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import { drizzle } from "drizzle-orm/libsql";
import Database from "libsql";
import { migrate as drizzleMigrate } from "drizzle-orm/libsql/migrator";
import { writeDrizzleFolder } from "./drizzle-folder.ts";
import { measure, median } from "./measure.ts";
import type { Report } from "./report.ts";

/** Each way; a round trip takes twice as long. */
const delayMs = 15;

/** A way of bringing the database at a place to the newest migration. */
type Migrate = (config: Config) => Promise<void>;

/** One database migrated: against the migrator of drizzle-orm, on the same folder and with the same ledger. */
export async function benchMigrate(report: Report): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "litefleet-bench-"));
  try {
    const dir = path.join(folder, "drizzle");
    const statements = await writeDrizzleFolder(dir);
    const ours: Migrate = async (config) => {
      await using client = createClient(config);
      await migrate(client, { dir });
    };
    const theirs: Migrate = async (config) => {
      const db = drizzle(createPeer({ url: config.url, fetch: config.fetch }));
      await drizzleMigrate(db, { migrationsFolder: dir });
      db.$client.close();
    };
    const onSqlite: Migrate = (config) => ours({ ...config, engine: "sqlite" });
    const bare: Migrate = async ({ url }) => runBare(fileURLToPath(url), statements);
    await benchLocal(report, { folder, dir }, { ours, onSqlite, theirs, bare });
    await benchServer(report, dir, { ours, theirs, statements });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchLocal(
  report: Report,
  { folder, dir }: { readonly folder: string; readonly dir: string },
  { ours, onSqlite, theirs, bare }: Readonly<Record<"ours" | "onSqlite" | "theirs" | "bare", Migrate>>,
): Promise<void> {
  let files = 0;
  const fresh =
    (run: Migrate) =>
    async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) {
        files += 1;
        await run({ url: pathToFileURL(path.join(folder, `fresh${files}.db`)).href });
      }
    };
  const first = await measure([
    { name: "ours", work: fresh(ours), times: 10 },
    { name: "sqlite", work: fresh(onSqlite), times: 10 },
    { name: "theirs", work: fresh(theirs), times: 10 },
    { name: "bare", work: fresh(bare), times: 10 },
  ]);
  report.figure("fresh file, 10 migrations of 30 statements, against drizzle-orm", ratio(first, "ours"), "×", {
    atLeast: 2,
  });
  report.figure("the same with engine: sqlite", ratio(first, "sqlite"), "×", { atLeast: 2 });
  report.figure("  the statements alone on a bare libSQL connection would reach", ratio(first, "bare"), "×");
  const nothing = await measureAgain(
    { url: `file:${path.join(folder, "done.db")}` },
    { url: `file:${path.join(folder, "done-by-peer.db")}` },
    { dir, times: 100 },
  );
  report.figure("nothing pending, file", ratio(nothing, "ours"), "×", { atLeast: 3 });
}

async function benchServer(
  report: Report,
  dir: string,
  {
    ours,
    theirs,
    statements,
  }: { readonly ours: Migrate; readonly theirs: Migrate; readonly statements: readonly string[] },
): Promise<void> {
  await using server = await startSqld({ namespaces: true });
  await using proxy = await startFaultProxy({ target: server.url });
  const made: string[] = [];
  const next = async (): Promise<string> => made.pop() ?? (await makeNamespace());
  let used = 0;
  const makeNamespace = async (): Promise<string> => {
    used += 1;
    await server.createNamespace(`n${used}`);
    return `n${used}`;
  };
  const prepare = async (count: number): Promise<void> => {
    while (made.length < count) made.push(await makeNamespace());
  };
  const fresh =
    (run: Migrate, url?: string) =>
    async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) {
        const config = server.clientConfig(await next());
        await run(url === undefined ? config : { ...config, url });
      }
    };
  // A server evicts what is more than a hundred namespaces: this stays below.
  await prepare(72);
  const inBatch: Migrate = async (config) => {
    await using client = createClient(config);
    await client.batch([...statements], "write");
  };
  const near = await measure([
    { name: "ours", work: fresh(ours), times: 2, isWhole: true },
    { name: "theirs", work: fresh(theirs), times: 2, isWhole: true },
    { name: "bare", work: fresh(inBatch), times: 2, isWhole: true },
  ]);
  report.figure("fresh database on a server beside us", ratio(near, "ours"), "×", { atLeast: 3 });
  report.figure("  the statements alone in one batch would reach", ratio(near, "bare"), "×");
  const nothing = await measureAgain(
    server.clientConfig(await makeNamespace()),
    server.clientConfig(await makeNamespace()),
    { dir, times: 40 },
  );
  report.figure("nothing pending, server", ratio(nothing, "ours"), "×", { atLeast: 3 });
  proxy.delay(delayMs);
  const stepwise: Migrate = async (config) => {
    await using client = createClient(config);
    for (const sql of statements) await client.execute(sql.replace(/;$/u, ""));
  };
  const far = new Map<string, number[]>();
  for (let round = 0; round < 5; round += 1) {
    for (const [name, run] of [
      ["ours", ours],
      ["theirs", theirs],
      ["stepwise", stepwise],
    ] as const) {
      // Ten seconds each: one is enough.
      if (name === "stepwise" && round > 0) continue;
      await prepare(1);
      const startedAt = performance.now();
      await fresh(run, proxy.url)(1);
      far.set(name, [...(far.get(name) ?? []), performance.now() - startedAt]);
    }
  }
  const timeOf = (name: string): number => median(far.get(name) ?? []);
  const name = "fresh database 30 ms away, against statement by statement";
  report.figure(name, timeOf("stepwise") / timeOf("ours"), "×", { atLeast: 10 });
  report.figure("the same against drizzle-orm", timeOf("theirs") / timeOf("ours"), "×");
}

/** The statements in one transaction on a connection of the library below us, with nothing else. */
export function runBare(file: string, statements: readonly string[]): void {
  const db = new Database(file);
  db.exec("BEGIN IMMEDIATE");
  for (const sql of statements) db.exec(sql);
  db.exec("COMMIT");
  db.close();
}

/** A database with everything applied, on clients that are open: what every start of a program costs. */
async function measureAgain(
  own: Config,
  peer: Config,
  options: { readonly dir: string; readonly times: number },
): Promise<Map<string, number>> {
  const { dir, times } = options;
  await using client = createClient(own);
  await migrate(client, { dir });
  // A database of its own: the peer writes each time, after which nobody's cache of the file is worth anything.
  const db = drizzle(createPeer({ url: peer.url, fetch: peer.fetch }));
  await drizzleMigrate(db, { migrationsFolder: dir });
  const repeat =
    (run: () => Promise<unknown>) =>
    async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) await run();
    };
  const medians = await measure([
    { name: "ours", work: repeat(() => migrate(client, { dir })), times },
    { name: "theirs", work: repeat(() => drizzleMigrate(db, { migrationsFolder: dir })), times },
  ]);
  db.$client.close();
  return medians;
}

function ratio(medians: ReadonlyMap<string, number>, name: string): number {
  return (medians.get("theirs") ?? Number.NaN) / (medians.get(name) ?? Number.NaN);
}
