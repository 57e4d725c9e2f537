import path from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { fleetDrift, migrate } from "../src/index.ts";
import { normalizeSql } from "../src/drift/normalize-sql.ts";
import { blogDir } from "./blog.ts";
import { runCli } from "./run-node.ts";
import { openFile, scratchFolder } from "./scratch.ts";

// Processes and files in numbers take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;

beforeEach(async () => {
  folder = await scratchFolder();
});

async function tenant(name: string, sql: string, options: Parameters<typeof openFile>[1] = {}): Promise<void> {
  const client = openFile(path.join(folder, `${name}.db`), options);
  await client.executeMultiple(sql);
  client.close();
}

test("white space, quotes, case, comments, IF NOT EXISTS and order make no shape", async () => {
  await tenant(
    "a",
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'Ada'); CREATE INDEX by_name ON users (name)",
  );
  await tenant(
    "b",
    `create table if not exists "Users"(\n\t\`id\` integer primary key, -- the key\n\t[NAME] text default 'Ada' )`,
  );
  await tenant("b", `CREATE INDEX IF NOT EXISTS by_name ON "users" ( "name" )`);
  await tenant("c", "CREATE TABLE other (x); CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'Ada')");
  await tenant("c", "DROP TABLE other; CREATE INDEX by_name ON users (name)");
  const drift = await fleetDrift({ targets: "*.db", cwd: folder });
  expect(drift.counts).toEqual({ total: 3, read: 3, failed: 0, notStarted: 0, shapes: 1 });
  expect(drift).toMatchObject({ isUniform: true, reference: { kind: "largest" } });
});

test.each([
  ["a column's text", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'ada')"],
  ["a constraint", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT 'Ada')"],
  ["the order of columns", "CREATE TABLE users (name TEXT DEFAULT 'Ada', id INTEGER PRIMARY KEY)"],
  ["an index", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'Ada'); CREATE INDEX i ON users (name)"],
  [
    "a trigger",
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'Ada'); CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END",
  ],
])("%s makes one", async (_, sql) => {
  for (const name of ["a", "b"])
    await tenant(name, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'Ada')");
  await tenant("c", sql);
  const drift = await fleetDrift({ targets: "*.db", cwd: folder });
  expect(drift.isUniform).toBe(false);
  expect(drift.shapes.map(({ tenants, isReference }) => ({ tenants, isReference }))).toEqual([
    { tenants: ["a", "b"], isReference: true },
    { tenants: ["c"], isReference: false },
  ]);
  expect(drift.shapes[0]?.diff).toEqual([]);
  expect(drift.shapes[1]?.diff).toHaveLength(1);
});

test("ledgers and what engines and indexes keep for themselves do not count", async () => {
  const vectors = "CREATE TABLE words (id INTEGER PRIMARY KEY, v F32_BLOB(3));";
  await tenant(
    "a",
    `${vectors} CREATE INDEX near ON words (libsql_vector_idx(v)); INSERT INTO words VALUES (1, vector32('[1,2,3]'))`,
  );
  await tenant(
    "b",
    `${vectors} CREATE INDEX near ON words (libsql_vector_idx(v)); CREATE TABLE x (y INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO x VALUES (1); DROP TABLE x`,
  );
  await tenant("b", "CREATE TABLE __drizzle_migrations (id, hash, created_at); CREATE TABLE _litefleet_journal (a)");
  await tenant("b", "CREATE TABLE schema_migrations (version)");
  await tenant("b", "CREATE TABLE turso_cdc (x); CREATE TABLE my_ledger (x); CREATE INDEX on_ledger ON my_ledger (x)");
  const drift = await fleetDrift({ targets: "*.db", cwd: folder, ledgerTable: "my_ledger" });
  expect(drift.shapes.map(({ objects }) => objects.map(({ name }) => name))).toEqual([["near", "words"]]);
});

test("one engine's databases compare with another's", async () => {
  const sql = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); CREATE INDEX by_name ON users (name)";
  await tenant("a", sql, { engine: "libsql" });
  await tenant("b", sql, { engine: "sqlite" });
  await tenant("c", sql, { engine: "turso" });
  const drift = await fleetDrift({
    tenants: (["libsql", "sqlite", "turso"] as const).map((engine, i) => ({
      name: engine,
      engine,
      url: `file:${path.join(folder, `${"abc"[i]}.db`)}`,
    })),
  });
  expect(drift.counts).toMatchObject({ read: 3, shapes: 1 });
});

test("a diff names objects and lines", async () => {
  for (const name of ["a", "b"])
    await tenant(name, "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT, m INT); CREATE VIEW v AS SELECT 1");
  await tenant("c", "CREATE TABLE T (id INTEGER PRIMARY KEY, n TEXT NOT NULL, m INT); CREATE TABLE extra (x)");
  const { shapes } = await fleetDrift({ targets: "*.db", cwd: folder });
  expect(shapes[1]?.diff).toEqual([
    {
      type: "table",
      name: "extra",
      change: "added",
      lines: [
        { in: "tenant", text: "create table extra (" },
        { in: "tenant", text: "  x" },
        { in: "tenant", text: ")" },
      ],
    },
    {
      type: "table",
      name: "t",
      change: "changed",
      lines: [
        { in: "both", text: "create table t (" },
        { in: "both", text: "  id integer primary key" },
        { in: "reference", text: "  n text" },
        { in: "tenant", text: "  n text not null" },
        { in: "both", text: "  m int" },
        { in: "both", text: ")" },
      ],
    },
    { type: "view", name: "v", change: "missing", lines: [{ in: "reference", text: "create view v as select 1" }] },
  ]);
});

test("the reference: a tenant, the folder, another folder", async () => {
  for (const name of ["a", "b", "c"]) {
    const client = openFile(path.join(folder, `${name}.db`));
    await migrate(client, { dir: blogDir });
    if (name !== "c") await client.execute("CREATE TABLE handmade (x)");
    client.close();
  }
  const source = { targets: "*.db", cwd: folder };
  const reference = async (name: string): Promise<unknown> => {
    const drift = await fleetDrift({ ...source, dir: blogDir, reference: name });
    return [drift.reference.kind, drift.shapes.map(({ isReference, tenants }) => [isReference, tenants])];
  };
  expect(await reference("c")).toEqual([
    "tenant",
    [
      [false, ["a", "b"]],
      [true, ["c"]],
    ],
  ]);
  expect(await reference("folder")).toEqual([
    "folder",
    [
      [false, ["a", "b"]],
      [true, ["c"]],
    ],
  ]);
  expect(await reference(blogDir)).toEqual([
    "folder",
    [
      [false, ["a", "b"]],
      [true, ["c"]],
    ],
  ]);
  await expect(fleetDrift({ ...source, reference: "nobody" })).rejects.toMatchObject({ code: "TARGET_INVALID" });
  await expect(fleetDrift({ ...source, reference: "folder" })).rejects.toMatchObject({ code: "DIR_INVALID" });
  // One shape, but not the one that is wanted.
  const drift = await fleetDrift({ targets: ["a.db", "b.db"], cwd: folder, dir: blogDir, reference: "folder" });
  expect(drift).toMatchObject({ isUniform: false, counts: { shapes: 1 } });
});

test("the command: exit codes and the document", async () => {
  for (const name of ["a", "b"]) await tenant(name, "CREATE TABLE t (x)");
  const cli = (...args: string[]) => runCli(["drift", "--targets", "*.db", ...args], { cwd: folder });
  expect(await cli()).toMatchObject({ code: 0, stdout: expect.stringContaining("1 shape over 2 tenants\n") });
  await tenant("c", "CREATE TABLE t (x, y)");
  expect(await cli()).toMatchObject({
    code: 2,
    stdout: expect.stringMatching(/^2 shapes over 3 tenants\n[\s\S]*\n {4}\+ {3}y\n/u),
  });
  const { code, stdout } = await cli("--json", "--reference", "c");
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    command: "drift",
    isUniform: false,
    reference: { kind: "tenant", name: "c" },
  });
  expect(await cli("--reference", "nobody")).toMatchObject({ code: 1 });
  expect(await runCli(["drift", "--targets", "a.db", "none.db"], { cwd: folder })).toMatchObject({ code: 3 });
});

test("a definition as lines", () => {
  const sql = `CREATE TABLE "a b" (x DEFAULT "It's", y CHECK (y IN ('A', 'b')), FOREIGN KEY (x) REFERENCES c (d)) STRICT`;
  expect(normalizeSql(sql)).toEqual([
    `create table "a b" (`,
    `  x default 'It''s'`,
    `  y check ( y in ( 'A' , 'b' ) )`,
    `  foreign key ( x ) references c ( d )`,
    `) strict`,
  ]);
});
