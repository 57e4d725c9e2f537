import path from "node:path";
import { createClient as createPeer } from "@libsql/client";
import { createClient } from "@litefleet/driver";
import { migrateFleet } from "@litefleet/migrate";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { drizzle } from "drizzle-orm/libsql";
import { migrate as drizzleMigrate } from "drizzle-orm/libsql/migrator";
import { writeDrizzleFolder } from "./drizzle-folder.ts";
import type { Report } from "./report.ts";

const tenantCount = 1_000;
const peerTenants = 200;
/** A server at its default limits forgets namespaces that are used; who migrates in a loop has to try again. */
const peerTries = 5;

/** A thousand namespaces of one server, at the limits that it has by default. */
export async function benchFleetServer(report: Report, folder: string): Promise<void> {
  const dir = path.join(folder, "drizzle");
  await writeDrizzleFolder(dir);
  await using server = await startSqld({ namespaces: true });
  const ours = await makeNamespaces(server, "o", tenantCount);
  const theirs = await makeNamespaces(server, "p", peerTenants);
  const tenants = ours.map((name) => ({ name, url: server.url, namespace: name }));
  let retries = 0;
  const loop = async (names: readonly string[]): Promise<void> => {
    for (const name of names) retries += await migrateByDrizzle(server, dir, name);
  };
  const half = peerTenants / 2;
  let peerMs = await timeOf(() => loop(theirs.slice(0, half)));
  let failed = 0;
  const oursMs = await timeOf(async () => {
    failed = (await migrateFleet({ dir, tenants, concurrency: 16 })).counts.failed;
  });
  peerMs += await timeOf(() => loop(theirs.slice(half)));
  report.figure("1,000 namespaces: failures", failed, "", { atMost: 0 });
  const ratio = peerMs / peerTenants / (oursMs / tenantCount);
  report.figure(`1,000 namespaces against drizzle-orm in a loop (${peerTenants} of them)`, ratio, "×", { atLeast: 3 });
  report.figure("what that loop had to try again", retries, "");
  const nothingMs = await timeOf(async () => {
    const { counts } = await migrateFleet({ dir, tenants, concurrency: 16 });
    if (counts.upToDate !== tenantCount) throw new Error(`${counts.failed} failed with nothing pending`);
  });
  report.figure("1,000 namespaces with nothing pending", nothingMs / 1_000, "s", { atMost: 3 });
  const bareMs = await timeOf(() => selectEach(server, ours));
  report.figure("  a bare SELECT in each, sixteen at once", bareMs / 1_000, "s");
}

/** What it takes the server to answer at all: of a thousand namespaces it has forgotten most. */
async function selectEach(server: SqldServer, names: readonly string[]): Promise<void> {
  const rest = names.values();
  const worker = async (): Promise<void> => {
    for (const name of rest) {
      await using client = createClient(server.clientConfig(name));
      await client.execute("SELECT hash, created_at FROM __drizzle_migrations");
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

async function makeNamespaces(server: SqldServer, letter: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, i) => `${letter}${i}`);
  for (const name of names) await server.createNamespace(name);
  return names;
}

/** Answers how often it had to try again. */
async function migrateByDrizzle(server: SqldServer, dir: string, name: string): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    const client = createPeer(server.clientConfig(name));
    try {
      await drizzleMigrate(drizzle(client), { migrationsFolder: dir });
      return tries;
    } catch (error) {
      if (tries === peerTries) throw error;
    } finally {
      client.close();
    }
  }
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
