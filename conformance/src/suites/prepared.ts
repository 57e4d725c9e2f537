import { LibsqlError } from "@litefleet/driver";
import { expect, it } from "vitest";
import type { SuiteContext } from "../engine-suite.ts";
import { expectCode, rejection } from "../rejection.ts";

/** Prepared statements and iteration. */
export function prepared({ entry, open }: SuiteContext): void {
  it("answers in every form", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT)");
    const insert = client.prepare("INSERT INTO t (n) VALUES (?)");
    expect(await insert.run(["a"])).toEqual({ rowsAffected: 1, lastInsertRowid: 1n });
    await insert.run(["b"]);
    const find = client.prepare("SELECT id, n FROM t WHERE id >= ? ORDER BY id");
    expect({ ...(await find.get([1])) }).toEqual({ id: 1, n: "a" });
    expect(await find.get([9])).toBeUndefined();
    expect(await find.first([1])).toEqual([1, "a"]);
    expect(await find.first([9])).toBeUndefined();
    expect((await find.all([1])).map((row) => row["n"])).toEqual(["a", "b"]);
    expect(await find.values([2])).toEqual([[2, "b"]]);
    const raw = await find.raw([1]);
    expect(raw.columns).toEqual(["id", "n"]);
    expect(raw.rows).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
  });

  it("tells its columns without running", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT, x)");
    await client.execute("INSERT INTO t VALUES (1, 'a', NULL)");
    const id = { name: "id", type: "INTEGER" };
    const n = { name: "n", type: "TEXT" };
    const forms: readonly (readonly [sql: string, columns: readonly unknown[]])[] = [
      ["SELECT id, n AS n FROM t WHERE id = ? OR n = :n", [id, n]],
      ["SELECT * FROM t", [id, n, { name: "x", type: "" }]],
      [
        "SELECT 1 AS one, 1 AS one",
        [
          { name: "one", type: "" },
          { name: "one", type: "" },
        ],
      ],
      ["INSERT INTO t (n) VALUES (?)", []],
      ["CREATE TABLE u (a)", []],
      ["DELETE FROM t", []],
    ];
    for (const [sql, columns] of forms) expect(await client.prepare(sql).columns()).toEqual(columns);
    const returning = await client.prepare("DELETE FROM t RETURNING id, n").columns();
    expect(returning.map(({ name }) => name)).toEqual(["id", "n"]);
    const pragma = await client.prepare("PRAGMA table_info(t)").columns();
    expect(pragma.map(({ name }) => name).slice(0, 3)).toEqual(["cid", "name", "type"]);
    expect(await client.prepare("SELECT count(*) FROM t").values()).toEqual([[1]]);
    await client.transaction(async (tx) => {
      expect(await tx.prepare("SELECT id FROM t").columns()).toEqual([id]);
      const renaming = tx.execute("ALTER TABLE t RENAME COLUMN n TO m");
      const renamed = entry.capabilities.offlineWrites ? n : { ...n, name: "m" };
      // The schema of an offline client is its primary's.
      await (entry.capabilities.offlineWrites ? expectCode(renaming, "UNSUPPORTED") : renaming);
      expect(await tx.prepare("SELECT * FROM t").columns()).toEqual([id, renamed, { name: "x", type: "" }]);
      expect(await tx.savepoint((point) => point.prepare("SELECT 2 AS two").columns())).toHaveLength(1);
    });
    expect(await rejection(client.prepare("SELECT * FROM nothing").columns())).toBeInstanceOf(LibsqlError);
    await expectCode(client.prepare("SELECT 1").columns({ signal: AbortSignal.abort() }), "ABORTED");
  });

  it("refuses bad SQL when it is prepared", () => {
    expect(() => open().prepare("")).toThrow(expect.objectContaining({ code: "SQL_NO_STATEMENT" }));
    expect(() => open().prepare("SELECT 1; SELECT 2")).toThrow(
      expect.objectContaining({ code: "SQL_MANY_STATEMENTS" }),
    );
  });

  it("streams rows, and releases them when the loop is left", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    await client.batch(
      Array.from({ length: 1_000 }, (_, i) => ({ sql: "INSERT INTO t VALUES (?)", args: [BigInt(i)] })),
      "write",
    );
    let sum = 0;
    for await (const row of client.iterate("SELECT id FROM t")) sum += Number(row["id"]);
    expect(sum).toBe(499_500);
    for await (const row of client.prepare("SELECT id FROM t WHERE id > ? ORDER BY id").iterate([5])) {
      expect(row["id"]).toBe(6);
      break;
    }
    await client.execute("DROP TABLE t");
    const code = await missingTableCode(client.execute("SELECT * FROM t"));
    await expectCode(client.iterate("SELECT id FROM t").next(), code);
  });

  it("gives rows in chunks of the size that is asked for", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    await client.batch(
      Array.from({ length: 250 }, (_, i) => ({ sql: "INSERT INTO t VALUES (?)", args: [BigInt(i)] })),
      "write",
    );
    const statement = client.prepare("SELECT id, id AS id FROM t WHERE id >= ? ORDER BY id");
    for (const chunkSize of [undefined, 1, 7, 100, 125, 249, 250, 1_000]) {
      const sizes: number[] = [];
      const ids: unknown[] = [];
      for await (const { columns, rows } of statement.chunks([0], { chunkSize })) {
        expect(columns).toEqual(["id", "id"]);
        sizes.push(rows.length);
        for (const [id, same] of rows) {
          expect(same).toBe(id);
          ids.push(id);
        }
      }
      expect(ids).toEqual(Array.from({ length: 250 }, (_, i) => i));
      expect(sizes.every((size) => size > 0)).toBe(true);
      if (chunkSize !== undefined) {
        const whole = Array.from({ length: Math.floor(250 / chunkSize) }, () => chunkSize);
        expect(sizes).toEqual(250 % chunkSize === 0 ? whole : [...whole, 250 % chunkSize]);
      }
    }
    for await (const chunk of statement.chunks([1_000])) expect(chunk).toBe("no chunk at all");
    for await (const { rows } of statement.chunks([5], { chunkSize: 3 })) {
      expect(rows.map(([id]) => id)).toEqual([5, 6, 7]);
      break;
    }
    await client.execute("DROP TABLE t");
  });

  it("refuses a size of chunks that cannot be", () => {
    const statement = open().prepare("SELECT 1");
    for (const chunkSize of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => statement.chunks([], { chunkSize })).toThrow(RangeError);
    }
  });

  it("streams inside a transaction", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    await client.transaction(async (tx) => {
      await tx.batch(["INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"]);
      const seen: unknown[] = [];
      for await (const row of tx.iterate("SELECT id FROM t ORDER BY id")) seen.push(row["id"]);
      expect(seen).toEqual([1, 2]);
    });
  });

  it("stops for a signal that has fired", async () => {
    await expectCode(open().execute("SELECT 1", [], { signal: AbortSignal.abort() }), "ABORTED");
  });
}

async function missingTableCode(work: Promise<unknown>): Promise<string> {
  const error = await rejection(work);
  return error instanceof LibsqlError ? error.code : "no error of ours";
}
