import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import { beforeEach, expect, test, vi } from "vitest";
import { migrateFleet, rehearse } from "../src/index.ts";
import { blogDir, blogUpTo, blogWith, fillBlog } from "./blog.ts";
import { runCli } from "./run-node.ts";
import { openFile, scratchFolder } from "./scratch.ts";

// Processes and files in numbers take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;

beforeEach(async () => {
  folder = await scratchFolder();
});

async function makeTenants(count: number): Promise<void> {
  const tenants = Array.from({ length: count }, (_, i) => ({
    name: `t${i}`,
    url: `file:${path.join(folder, `t${i}.db`)}`,
  }));
  await migrateFleet({ dir: await blogUpTo(1), tenants });
  for (const { name } of tenants) {
    const client = openFile(path.join(folder, `${name}.db`));
    await fillBlog(client);
    client.close();
  }
}

function fingerprint(): string[] {
  const hash = (file: string): string =>
    createHash("sha256")
      .update(readFileSync(path.join(folder, file)))
      .digest("hex");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".db"))
    .map((name) => `${name} ${hash(name)}`);
}

async function rehearsalFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("litefleet-rehearsal-"));
}

test("time and rows of a sample, and the originals byte for byte as they were", async () => {
  await makeTenants(12);
  const before = fingerprint();
  const dir = await blogWith("CREATE TABLE `tags` (`id` integer);", "DELETE FROM `comments` WHERE `id` > 1;");
  const options = { dir, targets: "*.db", cwd: folder, sample: 4 };
  const result = await rehearse(options);
  expect(result).toMatchObject({ fleet: 12, counts: { total: 4, migrated: 4, failed: 0 } });
  expect(result.tenants[0]).toMatchObject({ state: "migrated", applied: ["0001_change", "0002_change"] });
  expect(result.tenants[0]?.tables.toSorted((a, b) => a.table.localeCompare(b.table))).toEqual([
    { table: "comments", before: 4, after: 1 },
    { table: "tags", before: undefined, after: 0 },
  ]);
  expect(fingerprint()).toEqual(before);
  const names = async (seed?: string): Promise<string[]> =>
    (await rehearse({ ...options, seed })).tenants.map(({ name }) => name);
  expect(await names()).toEqual(result.tenants.map(({ name }) => name));
  expect(await names("another")).not.toEqual(result.tenants.map(({ name }) => name));
});

test("what would fail fails on the copy", async () => {
  await makeTenants(3);
  const before = fingerprint();
  const dir = await blogWith("CREATE TABLE `authors` (`id` integer);");
  const result = await rehearse({ dir, targets: "*.db", cwd: folder });
  expect(result).toMatchObject({ counts: { total: 3, failed: 3 }, durations: undefined });
  expect(result.tenants[0]).toMatchObject({
    state: "failed",
    error: { code: "MIGRATION_FAILED", migration: "0001_change" },
  });
  expect(fingerprint()).toEqual(before);
});

test.each(["sqlite", "turso"] as const)(
  "another engine: %s; a tenant that is not there is not made",
  async (engine) => {
    const url = `file:${path.join(folder, "a.db")}`;
    const tenants = [
      { name: "a", url, engine },
      { name: "new", url: `file:${path.join(folder, "new.db")}`, engine },
    ];
    await migrateFleet({ dir: await blogUpTo(1), tenants: tenants.slice(0, 1) });
    const result = await rehearse({ dir: blogDir, tenants });
    expect(result.tenants.map(({ name, applied }) => [name, applied.length])).toEqual([
      ["a", 1],
      ["new", 2],
    ]);
    expect(readdirSync(folder).filter((name) => name.startsWith("new"))).toEqual([]);
  },
);

test("on a server: a fork that is removed, also after a failure", async () => {
  await using server = await startSqld({ namespaces: true });
  await server.createNamespace("acme");
  const tenants = [{ name: "acme", url: server.url, namespace: "acme", adminUrl: server.adminUrl }];
  await migrateFleet({ dir: await blogUpTo(1), tenants });
  await using client = createClient(server.clientConfig("acme"));
  await fillBlog(client);
  const works = await rehearse({ dir: blogDir, tenants });
  expect(works.tenants).toMatchObject([{ state: "migrated", applied: ["0001_starter_plan"] }]);
  const fails = await rehearse({ dir: await blogWith("DROP TABLE `none`;"), tenants });
  expect(fails.tenants).toMatchObject([{ state: "failed", error: { code: "MIGRATION_FAILED" } }]);
  expect(readdirSync(path.join(server.dataDir, "dbs")).filter((name) => name.includes("rehearsal"))).toEqual([]);
  const { rows } = await client.execute("SELECT count(*) AS n FROM __drizzle_migrations");
  expect(rows[0]?.["n"]).toBe(1);
});

test("the command", async () => {
  await makeTenants(2);
  await mkdir(path.join(folder, "empty"));
  const cli = (dir: string, ...args: string[]) =>
    runCli(["rehearse", "--dir", dir, "--targets", "*.db", ...args], { cwd: folder });
  const { code, stdout } = await cli(blogDir, "--json", "--sample", "1");
  expect([code, JSON.parse(stdout)]).toMatchObject([
    0,
    { command: "rehearse", fleet: 2, counts: { total: 1, migrated: 1 } },
  ]);
  expect(await cli(await blogWith("DROP TABLE `none`;"))).toMatchObject({ code: 3 });
  expect(await cli(blogDir, "--sample", "none")).toMatchObject({ code: 1 });
  expect(await rehearsalFolders()).toEqual([]);
});
