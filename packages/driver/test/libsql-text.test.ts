import { createClient } from "@litefleet/driver";
import type { Client, InValue, Value } from "@litefleet/driver";
import fc from "fast-check";
import { afterAll, describe, expect, inject, it } from "vitest";

const clients: Client[] = [];

afterAll(() => {
  for (const client of clients) client.close();
});

function open(): Client {
  const client = createClient({ url: ":memory:" });
  clients.push(client);
  return client;
}

async function valuesOf(client: Client, sql: string, args: InValue[] = []): Promise<Value[][]> {
  return client.prepare(sql).values(args);
}

describe("text that the libSQL library cannot read itself", () => {
  const strange: readonly (readonly [name: string, sql: string, text: string])[] = [
    ["bytes that are not UTF-8", "CAST(x'61ff62' AS TEXT)", "a\uFFFDb"],
    ["a byte of another encoding", "CAST(x'636166e9' AS TEXT)", "caf\uFFFD"],
    ["half a character", "CAST(x'c3' AS TEXT)", "\uFFFD"],
    ["half a surrogate pair", "char(55296)", "\uFFFD\uFFFD\uFFFD"],
    ["half a surrogate pair, escaped in JSON", `'{"a":"\\ud800"}' ->> 'a'`, "\uFFFD\uFFFD\uFFFD"],
    ["a format that cuts a character", "printf('%.1s', 'é')", "\uFFFD"],
    ["a blob with text behind it", "x'ff' || 'z'", "\uFFFDz"],
    ["a NUL inside", "char(97, 0, 98)", "a\0b"],
    ["a NUL alone", "char(0)", "\0"],
    ["text that looks like digits", "'ff00'", "ff00"],
    ["the replacement character itself", "'\uFFFD'", "\uFFFD"],
    ["characters of every length", "'aé€😀'", "aé€😀"],
    ["nothing", "''", ""],
  ];

  it.each(strange)("reads %s, computed and stored", async (_, sql, text) => {
    const client = open();
    expect(await valuesOf(client, `SELECT ${sql}`)).toEqual([[text]]);
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b, c TEXT GENERATED ALWAYS AS (a) STORED)");
    await client.execute("CREATE VIEW v AS SELECT a || '' AS d, * FROM t");
    expect(await valuesOf(client, `INSERT INTO t (a, b) VALUES (${sql}, ${sql}) RETURNING a, b AS x, c y, *`)).toEqual([
      [text, text, text, 1, text, text, text],
    ]);
    await client.execute(`INSERT INTO t (a, b) SELECT ${sql}, ${sql} FROM json_each('[1, 2, 3, 4, 5, 6, 7]')`);
    const row = (id: number): Value[] => [id, text, text, text];
    const rows = Array.from({ length: 8 }, (__, i) => row(i + 1));
    const all = "SELECT * FROM t ORDER BY id";
    // The second time it is known that there are many rows, and they are read in another way.
    for (let times = 0; times < 3; times += 1) expect(await valuesOf(client, all)).toEqual(rows);
    expect(await valuesOf(client, "SELECT * FROM v WHERE id = 8")).toEqual([[text, ...row(8)]]);
    expect((await client.prepare(all).get())?.["a"]).toBe(text);
    const streamed: unknown[] = [];
    for await (const each of client.iterate(all)) streamed.push(each["b"]);
    expect(streamed).toEqual(rows.map(() => text));
    expect(await valuesOf(client, "UPDATE t SET b = a WHERE id < 3 RETURNING *")).toEqual([row(1), row(2)]);
    expect(await valuesOf(client, "DELETE FROM t WHERE id > 7 RETURNING id, (a)")).toEqual([[8, text]]);
    await client.transaction(async (tx) => {
      expect(await tx.prepare("SELECT a FROM t WHERE id = 1").values()).toEqual([[text]]);
    });
  });

  it("keeps a NUL that was bound", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (a TEXT PRIMARY KEY, b)");
    const text = "before\0after\0";
    expect(await valuesOf(client, "INSERT INTO t VALUES (?, ?) RETURNING a, b", [text, text])).toEqual([[text, text]]);
    expect(await valuesOf(client, "SELECT a, b FROM t WHERE a = ?", [text])).toEqual([[text, text]]);
  });

  it("gives long text, and many rows of it", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)");
    const long = "0123456789é".repeat(20_000);
    await client.batch(Array.from({ length: 20 }, (_, i) => ({ sql: "INSERT INTO t VALUES (?, ?)", args: [i, long] })));
    const find = client.prepare("SELECT a FROM t WHERE id < ? ORDER BY id");
    for (const count of [1, 20, 20, 2, 1, 0, 20]) {
      expect(await find.values([count])).toEqual(Array.from({ length: count }, () => [long]));
    }
  });
});

describe("what stays as it was written", () => {
  it("follows a table whose columns change", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (a TEXT)");
    await client.batch(Array.from({ length: 6 }, () => "INSERT INTO t VALUES ('x')"));
    const all = client.prepare("SELECT * FROM t");
    const insert = client.prepare("INSERT INTO t (a) VALUES ('y') RETURNING *");
    await all.raw();
    expect((await all.raw()).rows[0]).toEqual(["x"]);
    expect((await insert.raw()).rows).toEqual([["y"]]);
    await client.execute("ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 7");
    expect((await all.raw()).columns).toEqual(["a", "b"]);
    expect((await all.raw()).rows[0]).toEqual(["x", 7]);
    expect(await insert.raw()).toMatchObject({ columns: ["a", "b"], rows: [["y", 7]] });
    await client.execute("ALTER TABLE t RENAME COLUMN a TO c");
    expect((await all.raw()).columns).toEqual(["c", "b"]);
    await client.execute("ALTER TABLE t DROP COLUMN b");
    expect(await all.raw()).toMatchObject({ columns: ["c"] });
    expect((await all.raw()).rows[0]).toEqual(["x"]);
    await client.batch(["DROP TABLE t", "CREATE TABLE t (c REAL)", "INSERT INTO t VALUES (1.5)"]);
    expect((await all.raw()).rows).toEqual([[1.5]]);
  });

  it("evaluates an expression once a row", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (a TEXT)");
    await client.batch(Array.from({ length: 200 }, () => "INSERT INTO t VALUES ('x')"));
    const sql =
      "SELECT a, CASE WHEN abs(random()) % 2 THEN 'text' ELSE 1 END, CASE abs(random()) % 2 WHEN 1 THEN 1.5 END FROM t";
    for (let times = 0; times < 3; times += 1) {
      for (const [a, b, c] of await valuesOf(client, sql)) {
        expect([a, b === "text" || b === 1, c === 1.5 || c === null]).toEqual(["x", true, true]);
      }
    }
  });

  it("runs full-text queries with their auxiliary functions", async () => {
    const client = open();
    await client.execute("CREATE VIRTUAL TABLE f USING fts5(a, b)");
    await client.batch(Array.from({ length: 8 }, (_, i) => `INSERT INTO f VALUES ('one two ${i}', 'three')`));
    const sql =
      "SELECT highlight(f, 0, '<', '>') AS h, snippet(f, 0, '[', ']', '…', 2) AS s, bm25(f) < 0 AS r, * FROM f WHERE f MATCH ? ORDER BY rank, rowid LIMIT 6";
    for (let times = 0; times < 3; times += 1) {
      const rows = await valuesOf(client, sql, ["two"]);
      expect(rows[0]).toEqual(["one <two> 0", "one [two]…", 1, "one two 0", "three"]);
      expect(rows).toHaveLength(6);
    }
  });

  it("reports an error once, and as the query has it", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (a TEXT)");
    await expect(client.execute("SELECT a, absent FROM t")).rejects.toThrow("no such column: absent");
    await client.batch(Array.from({ length: 6 }, () => "INSERT INTO t VALUES ('{')"));
    for (let times = 0; times < 3; times += 1) {
      await expect(client.execute("SELECT a, json_extract(a, '$') FROM t")).rejects.toMatchObject({
        code: "SQLITE_ERROR",
        message: expect.stringContaining("malformed JSON") as string,
      });
    }
    // Text that has no room for one more layer around it runs as it was written.
    const deep = `SELECT ${"(".repeat(80)}a${")".repeat(80)} FROM t LIMIT 1`;
    expect(await valuesOf(client, deep)).toEqual([["{"]]);
  });

  it("reads results of more columns than a function takes arguments", async () => {
    const client = open();
    await client.execute(`CREATE TABLE t (${Array.from({ length: 500 }, (_, i) => `c${i} TEXT`).join(", ")})`);
    await client.batch(Array.from({ length: 5 }, () => "INSERT INTO t (c0, c499) VALUES ('a', 'z')"));
    for (let times = 0; times < 2; times += 1) {
      const rows = await valuesOf(client, "SELECT * FROM t");
      expect([rows.length, rows[4]?.length, rows[4]?.[0], rows[4]?.[1], rows[4]?.[499]]).toEqual([
        5,
        500,
        "a",
        null,
        "z",
      ]);
    }
  });

  it("keeps every digit of a real", { tags: ["soak"] }, async () => {
    const client = open();
    await client.execute("CREATE TABLE r (id INTEGER PRIMARY KEY, x REAL, t TEXT)");
    const count = inject("soak") ? 300_000 : 2_000;
    const reals = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), { numRuns: count, seed: 7 });
    await client.batch(reals.map((x, id) => ({ sql: "INSERT INTO r VALUES (?, ?, '')", args: [id, x] })));
    const read = client.prepare("SELECT x, t, id FROM r ORDER BY id");
    for (let times = 0; times < 2; times += 1) {
      const rows = await read.values();
      // SQLite has one zero.
      const wrong = rows.filter(([x], id) => x !== reals[id]);
      expect(wrong).toEqual([]);
    }
  });
});
