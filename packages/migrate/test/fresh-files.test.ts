import { existsSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { fleetDrift, loadMigrations, migrateFleet, resumeFleet, verify } from "../src/index.ts";
import type { Tenant } from "../src/index.ts";
import { resolveTenants } from "../src/fleet/resolve-tenants.ts";
import { isReproducible } from "../src/provision/reproducible.ts";
import { FreshFiles } from "../src/run/fresh-files.ts";
import { blogDir, blogMigrations } from "./blog.ts";
import { runCli } from "./run-node.ts";
import { countsOf, openFile, scratchFolder, writeFiles } from "./scratch.ts";

vi.setConfig({ testTimeout: 60_000 });

afterEach(() => {
  vi.unstubAllEnvs();
});

function tenantsIn(folder: string, count: number, config: Omit<Tenant, "name" | "url"> = {}): Tenant[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `t${i}`,
    url: `file:${path.join(folder, `t${i}.db`)}`,
    ...config,
  }));
}

/** Lists the templates that are there, in a folder for temporary files that nobody else uses. */
async function watchTemplates(): Promise<() => string[]> {
  const folder = path.join(await scratchFolder(), "tmp");
  mkdirSync(folder);
  vi.stubEnv("TMPDIR", folder);
  return () => readdirSync(folder).filter((name) => name.startsWith("litefleet-template-"));
}

test.each(["libsql", "sqlite"] as const)("a run makes new files as copies from the third on (%s)", async (engine) => {
  const templates = await watchTemplates();
  const folder = await scratchFolder();
  const tenants = await resolveTenants({ tenants: tenantsIn(folder, 6, { engine }) });
  const fresh = new FreshFiles(await loadMigrations(blogDir), { command: "up" });
  expect(await fresh.attempt(tenants[0]!)).toBeUndefined();
  expect(await fresh.attempt(tenants[1]!)).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
  expect(templates()).toEqual([]);
  const attempts = await Promise.all(tenants.slice(2).map((tenant) => fresh.attempt(tenant)));
  for (const attempt of attempts) {
    expect(attempt).toEqual({
      state: "migrated",
      applied: blogMigrations,
      pending: [],
      version: blogMigrations.at(-1),
      error: undefined,
      mayPass: false,
    });
  }
  expect(await fresh.attempt(tenants[2]!)).toBeUndefined();
  expect(templates()).toHaveLength(1);
  await fresh.close();
  expect(templates()).toEqual([]);
  expect(readdirSync(folder).toSorted()).toEqual(["t2.db", "t3.db", "t4.db", "t5.db"]);
  const client = openFile(path.join(folder, "t2.db"), { engine });
  await client.execute("INSERT INTO authors (id, name) VALUES (1, 'Ada')");
  expect(await verify(client, { dir: blogDir })).toMatchObject({ ok: true, state: "up-to-date" });
  expect((await client.execute("PRAGMA integrity_check")).rows[0]?.[0]).toBe("ok");
});

test("a fleet of new files is migrated as others are, also up to a version, and goes on from there", async () => {
  const folder = await scratchFolder();
  const tenants = tenantsIn(folder, 12);
  const [first] = blogMigrations;
  const begun = await migrateFleet({ dir: blogDir, tenants, to: first });
  expect(begun.counts).toMatchObject({ migrated: 12, failed: 0 });
  for (const { applied, pending } of begun.tenants) expect({ applied, pending }).toMatchObject({ applied: [first] });
  const ended = await migrateFleet({ dir: blogDir, tenants });
  expect(ended.tenants.map(({ applied }) => applied)).toEqual(tenants.map(() => blogMigrations.slice(1)));
  expect(await fleetDrift({ tenants })).toMatchObject({ counts: { read: 12, shapes: 1 } });
});

test("what differs from call to call differs from tenant to tenant", async () => {
  const dir = await writeFiles({
    "0001_key.sql": "CREATE TABLE key (k TEXT); INSERT INTO key VALUES (lower(hex(randomblob(16))));",
  });
  const folder = await scratchFolder();
  await migrateFleet({ dir, tenants: tenantsIn(folder, 8) });
  const keys = new Set<unknown>();
  for (const { name } of tenantsIn(folder, 8)) {
    const client = openFile(path.join(folder, `${name}.db`));
    keys.add((await client.execute("SELECT k FROM key")).rows[0]?.["k"]);
    client.close();
  }
  expect(keys.size).toBe(8);
});

test.each([
  ["a table with a clock as default", "CREATE TABLE t (x, at DEFAULT CURRENT_TIMESTAMP);", true],
  ["the same, and a row", "CREATE TABLE t (x, at DEFAULT CURRENT_TIMESTAMP); INSERT INTO t (x) VALUES (1);", false],
  ["a row", "CREATE TABLE t (x, date TEXT); INSERT INTO t (x, date) VALUES (1, 'random()');", true],
  ["the time", "CREATE TABLE t (x); INSERT INTO t VALUES (unixepoch());", false],
  ["a quoted function, after a comment", `CREATE TABLE t (x); INSERT INTO t VALUES ("random" /* ? */ ());`, false],
  ["a column from a query", "CREATE TABLE t AS SELECT strftime('%s', 'now') AS x;", false],
  [
    "a trigger with a random number",
    "CREATE TABLE t (x); CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET x = random(); END; INSERT INTO t VALUES (1);",
    false,
  ],
])("whether migrations make the same of every database: %s", async (_, text, expected) => {
  expect(isReproducible(await loadMigrations(await writeFiles({ "0001_one.sql": text })))).toBe(expected);
});

test("programs that read are run for each", async () => {
  const dir = await writeFiles({
    "0001_key.ts": `import type { Kysely } from "kysely";
export async function up(db: Kysely<any>): Promise<void> { await db.selectFrom("sqlite_schema").select("name").execute(); }`,
  });
  expect(isReproducible(await loadMigrations(dir))).toBe(false);
});

test("an encrypted tenant is not a copy, and one that fails says its own error", async () => {
  const templates = await watchTemplates();
  const folder = await scratchFolder();
  const encryptionKey = "0123456789abcdef0123456789abcdef";
  const secret = await migrateFleet({ dir: blogDir, tenants: tenantsIn(folder, 4, { encryptionKey }) });
  expect(secret.counts).toMatchObject({ migrated: 4 });
  const client = openFile(path.join(folder, "t3.db"), { encryptionKey });
  expect(await verify(client, { dir: blogDir })).toMatchObject({ ok: true });
  const dir = await writeFiles({
    "0001_a.sql": "CREATE TABLE a (x);",
    "0002_b.sql": "INSERT INTO nowhere VALUES (1);",
  });
  const broken = await migrateFleet({ dir, tenants: tenantsIn(await scratchFolder(), 6) });
  expect(broken.counts).toMatchObject({ total: 6, failed: 6 });
  for (const { error } of broken.tenants)
    expect(error).toMatchObject({ code: "MIGRATION_FAILED", migration: "0002_b" });
  expect(templates()).toEqual([]);
});

test("a backup that is wanted is made of each", async () => {
  const folder = await scratchFolder();
  const { counts } = await migrateFleet({ dir: blogDir, tenants: tenantsIn(folder, 4), backup: "always", cwd: folder });
  expect(counts).toMatchObject({ migrated: 4 });
  expect(existsSync(path.join(folder, ".litefleet", "backups"))).toBe(true);
});

test("several runners on the same new files: each is migrated once", async () => {
  const dir = await writeFiles({
    "0001_counter.sql": "CREATE TABLE counter (n); INSERT INTO counter VALUES (1);",
    "0002_more.sql": "INSERT INTO counter VALUES (2);",
  });
  const folder = await scratchFolder();
  const tenants = tenantsIn(folder, 60);
  const files = tenants.map(({ name }) => path.join(folder, `${name}.db`));
  const ended = await Promise.all(
    Array.from({ length: 3 }, () => runCli(["up", "--dir", dir, "--no-ledger", "--targets", ...files])),
  );
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  for (const file of files) {
    const client = openFile(file);
    expect(await countsOf(client, "counter")).toEqual({ counter: 2 });
    expect(await verify(client, { dir })).toMatchObject({ ok: true, state: "up-to-date" });
    client.close();
  }
});

test("a run that is resumed makes copies again", async () => {
  const folder = await scratchFolder();
  const ledger = path.join(folder, "runs.db");
  const abort = new AbortController();
  const tenants = tenantsIn(folder, 20);
  let done = 0;
  const stopped = await migrateFleet({
    dir: blogDir,
    tenants,
    ledger,
    signal: abort.signal,
    onProgress: ({ done: ended }) => {
      done = ended;
      if (ended === 8) abort.abort();
    },
  });
  expect(stopped.state).toBe("interrupted");
  expect(done).toBeLessThan(20);
  const resumed = await resumeFleet({ ledger });
  expect(resumed.state).toBe("done");
  expect(resumed.counts).toMatchObject({ total: 20, failed: 0, notStarted: 0 });
});

test("where there is no room for a template each file is migrated for itself", async () => {
  const folder = await scratchFolder();
  vi.stubEnv("TMPDIR", path.join(folder, "none"));
  const { state, counts } = await migrateFleet({ dir: blogDir, tenants: tenantsIn(folder, 5) });
  expect({ state, counts }).toMatchObject({ state: "done", counts: { migrated: 5, failed: 0 } });
});
