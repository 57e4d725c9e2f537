import { execFile } from "node:child_process";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";
import { createClient as createPeer } from "@libsql/client";
import { createTemplate, migrateFleet } from "@litefleet/migrate";
import type { Tenant } from "@litefleet/migrate";
import { drizzle } from "drizzle-orm/libsql";
import { migrate as drizzleMigrate } from "drizzle-orm/libsql/migrator";
import { statementsEach, writeDrizzleFolder } from "./drizzle-folder.ts";
import { runBare } from "./migrate.ts";
import type { Report } from "./report.ts";

const tenantCount = 1_000;
const drizzleKitTenants = 20;
/** Our tenants and the peer's in turns of so many, so that a busy machine is so for both. */
const turns = 4;
const run = promisify(execFile);

/** A thousand local files: made anew (which is by copies, see `FreshFiles`), one migration behind, and provisioned. */
export async function benchFleetFiles(report: Report, folder: string): Promise<void> {
  const dir = path.join(folder, "drizzle");
  await writeDrizzleFolder(dir);
  const ours = await tenantsIn(path.join(folder, "ours"));
  const theirs = await tenantsIn(path.join(folder, "theirs"));
  const migrateOurs = async (): Promise<void> => {
    const { counts } = await migrateFleet({ dir, tenants: ours });
    if (counts.migrated !== tenantCount) throw new Error(`${counts.failed} of our tenants failed`);
  };
  const migrateTheirs = (from: number, to: number): Promise<void> => loopOfDrizzle(dir, theirs.slice(from, to));
  const fresh = await inTurns(migrateOurs, migrateTheirs);
  report.figure("1,000 fresh files against drizzle-orm in a loop", fresh.theirs / fresh.ours, "×", { atLeast: 2.5 });
  const kit = await timeDrizzleKit(dir, await tenantsIn(path.join(folder, "kit"), drizzleKitTenants));
  const name = `the same against drizzle-kit migrate (${drizzleKitTenants} of them, extrapolated)`;
  report.figure(name, kit / (fresh.ours / tenantCount), "×", { atLeast: 100 });
  const provisioned = await timeProvisioning(dir, folder);
  report.figure("provisioning of 1,000 against drizzle-orm", fresh.theirs / provisioned, "×", { atLeast: 8 });
  const bare = await tenantsIn(path.join(folder, "bare"));
  for (const { url } of bare) await copyFile(new URL(ours[0]!.url), new URL(url));
  const statements = (await writeDrizzleFolder(dir, 11)).slice(-statementsEach);
  const pending = await inTurns(migrateOurs, migrateTheirs);
  report.figure("one pending migration on 1,000 against drizzle-orm", pending.theirs / pending.ours, "×", {
    atLeast: 1.8,
  });
  const bareMs = await timeOf(async () => {
    for (const { url } of bare) {
      runBare(fileURLToPath(url), statements);
      await nextTurn();
    }
  });
  report.figure("  the statements alone on bare libSQL connections would reach", pending.theirs / bareMs, "×");
}

async function tenantsIn(folder: string, count = tenantCount): Promise<Tenant[]> {
  await mkdir(folder, { recursive: true });
  return Array.from({ length: count }, (_, i) => ({
    name: `t${i}`,
    url: pathToFileURL(path.join(folder, `t${i}.db`)).href,
  }));
}

/** Ours is one run over all of them; it stands in the middle of the peer's parts. */
async function inTurns(
  ours: () => Promise<void>,
  theirs: (from: number, to: number) => Promise<void>,
): Promise<{ readonly ours: number; readonly theirs: number }> {
  const time = { ours: 0, theirs: 0 };
  const part = tenantCount / turns;
  for (let turn = 0; turn < turns; turn += 1) {
    if (turn === turns / 2) time.ours = await timeOf(ours);
    time.theirs += await timeOf(() => theirs(turn * part, (turn + 1) * part));
  }
  return time;
}

async function loopOfDrizzle(dir: string, tenants: readonly Tenant[]): Promise<void> {
  for (const { url } of tenants) {
    const db = drizzle(createPeer({ url }));
    await drizzleMigrate(db, { migrationsFolder: dir });
    db.$client.close();
  }
}

/** Milliseconds a tenant. */
async function timeDrizzleKit(dir: string, tenants: readonly Tenant[]): Promise<number> {
  const kit = path.join(path.dirname(fileURLToPath(import.meta.resolve("drizzle-kit"))), "bin.cjs");
  // It finds its driver from the folder of its configuration.
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const config = path.join(path.dirname(dir), "drizzle.config.json");
  const total = await timeOf(async () => {
    for (const { url } of tenants) {
      await writeFile(config, JSON.stringify({ dialect: "turso", out: dir, dbCredentials: { url } }));
      await run(process.execPath, [kit, "migrate", `--config=${path.relative(cwd, config)}`], { cwd });
    }
  });
  return total / tenants.length;
}

async function timeProvisioning(dir: string, folder: string): Promise<number> {
  const tenants = await tenantsIn(path.join(folder, "provisioned"));
  const template = await createTemplate({ dir, templates: path.join(folder, "templates") });
  return timeOf(async () => {
    const rest = tenants.values();
    const worker = async (): Promise<void> => {
      for (const tenant of rest) await template.provision(tenant);
    };
    await Promise.all(Array.from({ length: 8 }, worker));
  });
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
