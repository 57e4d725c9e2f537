import { existsSync, readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { createClient } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import { beforeEach, expect, test, vi } from "vitest";
import { createTemplate, fleetDrift, migrateFleet, provisionTenant, status } from "../src/index.ts";
import type { Tenant } from "../src/index.ts";
import { blogDir, blogMigrations, blogUpTo } from "./blog.ts";
import { runCli } from "./run-node.ts";
import { openFile, scratchFolder, writeFiles } from "./scratch.ts";

// Processes and files in numbers take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let templates: string;

beforeEach(async () => {
  folder = await scratchFolder();
  templates = path.join(folder, "templates");
});

function tenantAt(name: string, config: Omit<Tenant, "name" | "url"> = {}): Tenant {
  return { name, url: `file:${path.join(folder, `${name}.db`)}`, ...config };
}

test.each(["libsql", "sqlite", "turso"] as const)("a new tenant is up to date at once: %s", async (engine) => {
  const made = await provisionTenant({ dir: blogDir, templates, tenant: tenantAt("acme", { engine }) });
  expect(made).toMatchObject({ name: "acme", by: "copy", version: blogMigrations.at(-1) });
  const client = openFile(path.join(folder, "acme.db"), { engine });
  expect(await status(client, { dir: blogDir })).toMatchObject({ state: "up-to-date", applied: blogMigrations });
  await client.execute("INSERT INTO authors (id, name) VALUES (1, 'Ada')");
  expect((await client.execute("PRAGMA integrity_check")).rows[0]?.[0]).toBe("ok");
  client.close();
  await migrateFleet({ dir: blogDir, tenants: [tenantAt("replayed", { engine })] });
  const { counts } = await fleetDrift({ tenants: [tenantAt("acme", { engine }), tenantAt("replayed", { engine })] });
  expect(counts).toMatchObject({ read: 2, shapes: 1 });
});

test("nothing is overwritten, and nothing that would be taken for a part of it is left beside it", async () => {
  const template = await createTemplate({ dir: blogDir, templates });
  await writeFile(path.join(folder, "there.db"), "mine");
  await writeFile(path.join(folder, "left.db-wal"), "of another one");
  await expect(template.provision(tenantAt("there"))).rejects.toMatchObject({ code: "TENANT_EXISTS", tenant: "there" });
  await expect(template.provision(tenantAt("left"))).rejects.toMatchObject({ code: "TENANT_EXISTS" });
  const away = { name: "away", url: `file:${path.join(folder, "none", "away.db")}` };
  await expect(template.provision(away)).rejects.toMatchObject({ code: "TENANT_FAILED" });
  expect(readdirSync(folder).toSorted()).toEqual(["left.db-wal", "templates", "there.db"]);
  // Of many who make the same tenant one does.
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => template.provision(tenantAt("one"))));
  expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
  expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
});

test("the template is rebuilt when the migrations change", async () => {
  const dir = await writeFiles({ "0001_a.sql": "CREATE TABLE a (x);" });
  const template = await createTemplate({ dir, templates });
  const first = await template.hash();
  await template.provision(tenantAt("one"));
  await writeFile(path.join(dir, "0002_b.sql"), "CREATE TABLE b (x);");
  expect(await template.hash()).not.toBe(first);
  expect(await template.provision(tenantAt("two"))).toMatchObject({ version: "0002_b" });
  const { tenants } = await migrateFleet({ dir, tenants: [tenantAt("one"), tenantAt("two")] });
  expect(tenants.map(({ state }) => state)).toEqual(["migrated", "up-to-date"]);
  expect(readdirSync(templates)).toHaveLength(2);
});

test("many processes that begin at once share a template", async () => {
  const names = Array.from({ length: 4 }, (_, i) => [`a${i}`, `b${i}`]);
  const args = ["--dir", blogDir, "--into", path.join(folder, "{name}.db"), "--templates", templates];
  const ended = await Promise.all(names.map((pair) => runCli(["provision", ...pair, ...args])));
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  const { code } = await runCli(["status", "--dir", blogDir, "--targets", path.join(folder, "*.db")]);
  expect(code).toBe(0);
  expect(readdirSync(templates)).toHaveLength(1);
});

test("an encrypted tenant has its own key", async () => {
  const encryptionKey = "0123456789abcdef0123456789abcdef";
  const made = await provisionTenant({ dir: blogDir, templates, tenant: tenantAt("secret", { encryptionKey }) });
  expect(made.by).toBe("migration");
  const client = openFile(path.join(folder, "secret.db"), { encryptionKey });
  expect(await status(client, { dir: blogDir })).toMatchObject({ state: "up-to-date" });
  expect(existsSync(templates)).toBe(false);
});

test("a migration that fails makes neither template nor tenant", async () => {
  const dir = await writeFiles({ "0001_a.sql": "CREATE TABLE a (x);", "0002_b.sql": "CREATE TABLE a (x);" });
  await expect(provisionTenant({ dir, templates, tenant: tenantAt("acme") })).rejects.toMatchObject({
    code: "MIGRATION_FAILED",
  });
  expect(readdirSync(folder)).toEqual(["templates"]);
  expect(readdirSync(templates)).toEqual([]);
});

test("namespaces of a server are forked", async () => {
  await using server = await startSqld({ namespaces: true });
  const tenantOn = (name: string): Tenant => ({ name, url: server.url, adminUrl: server.adminUrl, namespace: name });
  const old = await createTemplate({ dir: await blogUpTo(1) });
  await old.provision(tenantOn("old"));
  const template = await createTemplate({ dir: blogDir });
  const made = await Promise.all(["acme", "globex", "initech"].map((name) => template.provision(tenantOn(name))));
  expect(made.map(({ by }) => by)).toEqual(["fork", "fork", "fork"]);
  await expect(template.provision(tenantOn("acme"))).rejects.toMatchObject({ code: "TENANT_EXISTS" });
  await using client = createClient(server.clientConfig("acme"));
  expect(await status(client, { dir: blogDir })).toMatchObject({ state: "up-to-date" });
  await client.execute("INSERT INTO authors (id, name) VALUES (1, 'Ada')");
  await using other = createClient(server.clientConfig("globex"));
  expect((await other.execute("SELECT count(*) AS n FROM authors")).rows[0]?.["n"]).toBe(0);
  const left = readdirSync(path.join(server.dataDir, "dbs")).filter((name) => name.startsWith("litefleet-"));
  expect(left).toHaveLength(2);
  await expect(template.provision({ name: "no", url: server.url })).rejects.toMatchObject({ code: "TARGET_INVALID" });
  const bad = { ...tenantOn("bad"), namespace: "../bad" };
  await expect(template.provision(bad)).rejects.toMatchObject({ code: "TARGET_INVALID" });
});

test("the command: names, paths and codes", async () => {
  await mkdir(path.join(folder, "data"));
  const cli = (...args: string[]) => runCli(["provision", "--dir", blogDir, "--json", ...args], { cwd: folder });
  const { code, stdout } = await cli("data/acme.db", "data/globex.db");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ command: "provision", counts: { total: 2, made: 2, failed: 0 } });
  const again = await cli("acme", "initech", "--into", "data/{name}.db");
  expect(again.code).toBe(3);
  expect(JSON.parse(again.stdout)).toMatchObject({
    tenants: [
      { state: "failed", error: { code: "TENANT_EXISTS" } },
      { state: "made", name: "initech" },
    ],
  });
  for (const wrong of [["../x", "--into", "data/{name}.db"], ["x", "--into", "data/x.db"], ["https://a.b"]]) {
    const { code: refused, stdout: document } = await cli(...wrong);
    expect([refused, JSON.parse(document)]).toMatchObject([1, { error: { code: "TARGET_INVALID" } }]);
  }
  expect(readdirSync(path.join(folder, "data")).toSorted()).toEqual(["acme.db", "globex.db", "initech.db"]);
  const up = await runCli(["status", "--dir", blogDir, "--targets", "data/*.db"], { cwd: folder });
  expect(up.code).toBe(0);
});
