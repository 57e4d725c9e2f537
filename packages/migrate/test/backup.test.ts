import { existsSync, readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import { beforeEach, expect, test, vi } from "vitest";
import { downFleet, migrateFleet, pruneBackups, readBackups, restoreBackups } from "../src/index.ts";
import type { Tenant } from "../src/index.ts";
import { startNode, runCli } from "./run-node.ts";
import { openFile, scratchFolder, writeFiles } from "./scratch.ts";

// Processes and files take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let backups: string;
let dir: string;

beforeEach(async () => {
  folder = await scratchFolder();
  backups = path.join(folder, "backups");
  dir = await writeFiles({ "0001_a.sql": "CREATE TABLE a (x);\nCREATE TABLE b (x);" });
});

async function dropB(): Promise<string> {
  return writeFiles({
    "0001_a.sql": "CREATE TABLE a (x);\nCREATE TABLE b (x);",
    "0002_drop.sql": "DROP TABLE b;",
  });
}

function tenantAt(name: string, config: Omit<Tenant, "name" | "url"> = {}): Tenant {
  return { name, url: `file:${path.join(folder, `${name}.db`)}`, ...config };
}

async function fill(client: Client): Promise<void> {
  await client.batch(["INSERT INTO a VALUES (1), (2)", "INSERT INTO b VALUES (3), (4), (5)"], "write");
}

async function tables(client: Client): Promise<unknown> {
  const { rows } = await client.execute(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND length(name) = 1 ORDER BY 1",
  );
  return rows.map(({ name }) => name);
}

test.each(["libsql", "sqlite", "turso"] as const)(
  "%s: a destructive migration is backed up, and brought back",
  async (engine) => {
    const tenants = [tenantAt("acme", { engine }), tenantAt("globex", { engine })];
    await migrateFleet({ dir, tenants, backup: "auto", backups });
    expect(await readBackups({ backups })).toEqual([]);
    for (const name of ["acme", "globex"]) {
      const client = openFile(path.join(folder, `${name}.db`), { engine });
      await fill(client);
      client.close();
    }
    const { run, counts } = await migrateFleet({ dir: await dropB(), tenants, backup: "auto", backups });
    expect(counts).toMatchObject({ migrated: 2, failed: 0 });
    expect((await readBackups({ backups, run })).map(({ tenant, before }) => `${tenant} ${before}`).toSorted()).toEqual(
      ["acme 0002_drop", "globex 0002_drop"],
    );
    const written = openFile(path.join(folder, "acme.db"), { engine });
    await written.execute("INSERT INTO a VALUES (99)");
    written.close();
    const restored = await restoreBackups({ of: run, backups });
    expect(restored.map(({ tenant, state }) => `${tenant} ${state}`).toSorted()).toEqual([
      "acme restored",
      "globex restored",
    ]);
    const client = openFile(path.join(folder, "acme.db"), { engine });
    expect(
      (await client.execute("SELECT (SELECT sum(x) FROM a) AS a, (SELECT sum(x) FROM b) AS b")).rows[0],
    ).toMatchObject({ a: 3, b: 12 });
    client.close();
    // What was replaced is kept, with what was written since.
    const replaced = restored.find(({ tenant }) => tenant === "acme")?.replaced ?? "";
    const kept = openFile(replaced, { engine });
    expect(await tables(kept)).toEqual(["a"]);
    expect((await kept.execute("SELECT sum(x) AS a FROM a")).rows[0]).toMatchObject({ a: 102 });
    kept.close();
  },
);

test("what backs up when", async () => {
  const tenants = [tenantAt("acme")];
  const made = async (): Promise<number> => (await readBackups({ backups })).length;
  await migrateFleet({ dir, tenants, backup: "always", backups });
  expect(await made()).toBe(1);
  await migrateFleet({ dir, tenants, backup: "always", backups });
  expect(await made()).toBe(1);
  const dropping = await dropB();
  await migrateFleet({ dir: dropping, tenants, backups, allowDestructive: false, backup: "always" });
  expect(await made()).toBe(1);
  await migrateFleet({ dir: dropping, tenants, backups });
  expect(await made()).toBe(1);
  const back = await writeFiles({ "1_a.sql": "-- migrate:up\nCREATE TABLE d (x);\n-- migrate:down\nDROP TABLE d;\n" });
  await migrateFleet({ dir: back, tenants: [tenantAt("other")], backups, backup: "auto" });
  await downFleet({ dir: back, tenants: [tenantAt("other")], backups, backup: "auto" });
  expect((await readBackups({ backups }))[0]).toMatchObject({ tenant: "other", before: "1_a" });
  expect(await pruneBackups({ backups, olderThanMs: 60_000 })).toEqual([]);
  expect(await pruneBackups({ backups, olderThanMs: 0 })).toHaveLength(2);
  expect(readdirSync(backups)).toEqual([".gitignore"]);
  await expect(migrateFleet({ dir, tenants, backup: "sometimes" as "auto" })).rejects.toMatchObject({
    code: "ROLLOUT_INVALID",
  });
});

test("a backup that cannot be made stops the tenant before anything is changed", async () => {
  await migrateFleet({ dir, tenants: [tenantAt("acme")] });
  const blocked = path.join(folder, "acme.db", "no-folder");
  const { tenants } = await migrateFleet({
    dir: await dropB(),
    tenants: [tenantAt("acme")],
    backup: "auto",
    backups: blocked,
  });
  expect(tenants[0]).toMatchObject({ state: "failed", applied: [], error: { code: "BACKUP_FAILED" } });
  expect(await tables(openFile(path.join(folder, "acme.db")))).toEqual(["a", "b"]);
});

test("it is one moment of a database that others write to", async () => {
  const file = path.join(folder, "acme.db");
  const client = openFile(file);
  await client.executeMultiple(
    "PRAGMA journal_mode = WAL; CREATE TABLE a (x); CREATE TABLE b (x); CREATE TABLE n (x, y)",
  );
  client.close();
  const writer = startNode([
    "--input-type=module",
    "-e",
    `
    import { DatabaseSync } from "node:sqlite";
    const db = new DatabaseSync(${JSON.stringify(file)}, { timeout: 20000 });
    console.error("writing");
    process.stdin.resume(); let go = true; process.stdin.on("end", () => (go = false));
    let i = 0;
    const loop = () => {
      if (!go) return void db.close();
      i += 1;
      db.exec("BEGIN IMMEDIATE");
      // Both or none, over many pages.
      db.prepare("INSERT INTO a VALUES (zeroblob(3000) || ?)").run(i);
      db.prepare("INSERT INTO b VALUES (zeroblob(3000) || ?)").run(i);
      db.exec("COMMIT");
      setTimeout(loop, 2);
    };
    loop();
  `,
  ]);
  await writer.says("writing");
  const steps = Array.from({ length: 6 }, (_, i): [string, string] => [
    `000${i}_n.sql`.slice(-10),
    `UPDATE n SET x = ${i};\n`,
  ]);
  let folderOfMigrations = "";
  for (let i = 1; i <= steps.length; i += 1) {
    folderOfMigrations = await writeFiles(Object.fromEntries(steps.slice(0, i)));
    const { tenants } = await migrateFleet({
      dir: folderOfMigrations,
      tenants: [tenantAt("acme")],
      backup: "always",
      backups,
    });
    expect(tenants).toMatchObject([{ state: "migrated" }]);
  }
  writer.go();
  await writer.ended;
  const made = await readBackups({ backups });
  expect(made).toHaveLength(steps.length);
  const seen: number[] = [];
  for (const { source } of made) {
    expect(readdirSync(path.dirname(source.copy))).toHaveLength(2);
    const copy = openFile(source.copy);
    expect((await copy.execute("PRAGMA integrity_check")).rows[0]?.[0]).toBe("ok");
    const { rows } = await copy.execute("SELECT (SELECT count(*) FROM a) AS a, (SELECT count(*) FROM b) AS b");
    expect(rows[0]?.["a"]).toBe(rows[0]?.["b"]);
    seen.push(Number(rows[0]?.["a"]));
    copy.close();
  }
  // It wrote meanwhile.
  expect(new Set(seen).size).toBeGreaterThan(1);
});

test("restore refuses while somebody has the file open", async () => {
  const tenants = [tenantAt("acme")];
  await migrateFleet({ dir, tenants });
  const { run } = await migrateFleet({ dir: await dropB(), tenants, backup: "auto", backups });
  const holder = startNode([
    "--input-type=module",
    "-e",
    `
    import { DatabaseSync } from "node:sqlite";
    const db = new DatabaseSync(${JSON.stringify(path.join(folder, "acme.db"))});
    db.prepare("SELECT count(*) FROM a").all();
    console.error("open");
    process.stdin.resume(); process.stdin.on("end", () => process.exit());
  `,
  ]);
  await holder.says("open");
  expect(await restoreBackups({ of: "acme", backups })).toMatchObject([
    { state: "failed", error: { code: "TENANT_BUSY" } },
  ]);
  expect(await tables(openFile(path.join(folder, "acme.db")))).toEqual(["a"]);
  holder.go();
  await holder.ended;
  const mine = createClient({ url: `file:${path.join(folder, "acme.db")}` });
  await mine.execute("SELECT 1 FROM a");
  expect(await restoreBackups({ of: run, backups })).toMatchObject([
    { state: "failed", error: { code: "TENANT_BUSY" } },
  ]);
  mine.close();
  await expect(restoreBackups({ of: "nobody", backups })).rejects.toMatchObject({ code: "BACKUP_UNKNOWN" });
});

test("on a server: forks", async () => {
  await using server = await startSqld({ namespaces: true });
  await server.createNamespace("acme");
  const tenants = [{ name: "acme", url: server.url, namespace: "acme", adminUrl: server.adminUrl }];
  await migrateFleet({ dir, tenants });
  const client = createClient(server.clientConfig("acme"));
  await fill(client);
  const { run } = await migrateFleet({ dir: await dropB(), tenants, backup: "auto", backups });
  expect(await tables(client)).toEqual(["a"]);
  await client.execute("INSERT INTO a VALUES (99)");
  const [restored] = await restoreBackups({ of: run, backups });
  expect(restored).toMatchObject({ tenant: "acme", state: "restored" });
  expect(await tables(client)).toEqual(["a", "b"]);
  // Writes go on.
  await client.execute("INSERT INTO b VALUES (6)");
  const kept = createClient(server.clientConfig(restored?.replaced));
  expect((await kept.execute("SELECT count(*) AS n FROM a")).rows[0]).toMatchObject({ n: 3 });
  const { tenants: without } = await migrateFleet({
    dir: await dropB(),
    tenants: [{ name: "acme", url: server.url, namespace: "acme" }],
    backup: "auto",
    backups,
  });
  expect(without[0]).toMatchObject({ state: "failed", error: { code: "BACKUP_FAILED" } });
  await pruneBackups({ backups, olderThanMs: 0 });
  expect(readdirSync(path.join(server.dataDir, "dbs")).filter((name) => name.includes("backup"))).toEqual([]);
  client.close();
  kept.close();
});

test("the commands: codes, and a flag for what a terminal is asked", async () => {
  await mkdir(path.join(folder, "data"));
  const up = (at: string, ...args: string[]) =>
    runCli(["up", "--dir", at, "--targets", "data/acme.db", ...args], { cwd: folder });
  expect(await up(dir)).toMatchObject({ code: 0 });
  expect(await up(await dropB(), "--backup", "auto", "--allow-destructive")).toMatchObject({ code: 0 });
  expect(existsSync(path.join(folder, ".litefleet", "backups"))).toBe(true);
  expect(await runCli(["backups"], { cwd: folder })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("0002_drop"),
  });
  expect(await runCli(["restore", "acme"], { cwd: folder })).toMatchObject({ code: 1 });
  expect(await runCli(["restore", "nobody", "--replace"], { cwd: folder })).toMatchObject({ code: 1 });
  const { code, stdout } = await runCli(["restore", "latest", "--replace", "--json"], { cwd: folder });
  expect([code, JSON.parse(stdout)]).toMatchObject([
    0,
    { command: "restore", tenants: [{ tenant: "acme", state: "restored" }] },
  ]);
  expect(await up(dir)).toMatchObject({ code: 0 });
  expect(await tables(openFile(path.join(folder, "data", "acme.db")))).toEqual(["a", "b"]);
});
