import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LitefleetBatchError, LitefleetError } from "../src/errors.ts";
import { openRemote } from "../src/remote/open.ts";
import type { RemoteEngine } from "../src/remote/remote-engine.ts";
import { allRows, rejection, run, statement, valueOf } from "./remote-fixture.ts";

let sqld: SqldServer;
beforeAll(async () => {
  sqld = await startSqld();
});
afterAll(() => sqld.stop());

const countTo = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ?) SELECT x FROM c";

describe.each(["http", "ws"] as const)("statements over %s", (protocol) => {
  let engine: RemoteEngine;

  beforeAll(() => {
    engine = openRemote({ url: new URL(protocol === "http" ? sqld.url : sqld.wsUrl) });
  });
  afterAll(() => engine.close());

  beforeEach(async () => {
    await engine.script(
      `DROP TABLE IF EXISTS child; DROP TABLE IF EXISTS t;
       CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, size INTEGER CHECK (size > 0), note TEXT NOT NULL DEFAULT '');
       CREATE TABLE child (t INTEGER REFERENCES t(id));`,
      {},
    );
  });

  it("says what it is", () => {
    expect(engine).toMatchObject({ name: "remote", protocol });
    expect(engine.capabilities).toMatchObject({ concurrentWrites: "serialized", vectorIndex: true, sync: false });
    expect(engine.status()).toEqual({ engine: "remote", openConnections: 0, queuedWrites: 0 });
  });

  it("inserts, reads, updates and deletes", async () => {
    const inserted = await run(engine, "INSERT INTO t (name, size) VALUES (?, ?)", ["a", 1]);
    expect(inserted).toEqual({ columns: [], columnTypes: [], rows: [], rowsAffected: 1, lastInsertRowid: 1n });
    const read = await run(engine, "SELECT id, name, size, upper(name) AS big FROM t");
    expect(read).toEqual({
      columns: ["id", "name", "size", "big"],
      columnTypes: ["INTEGER", "TEXT", "INTEGER", ""],
      rows: [[1, "a", 1, "A"]],
      rowsAffected: 0,
      lastInsertRowid: undefined,
    });
    expect(await run(engine, "UPDATE t SET size = size + 1 WHERE name = :name", { name: "a" })).toMatchObject({
      rowsAffected: 1,
    });
    const returned = await run(engine, "INSERT INTO t (name) VALUES ('b') RETURNING id, name");
    expect(returned).toMatchObject({ columns: ["id", "name"], rows: [[2, "b"]], rowsAffected: 1, lastInsertRowid: 2n });
    expect((await run(engine, "DELETE FROM t")).rowsAffected).toBe(2);
  });

  it("keeps values exactly", async () => {
    const blob = new Uint8Array([0, 255, 128, 1]).subarray(1, 4);
    const args = [null, 1, 1.5, 2n ** 62n, -(2n ** 63n), "a\0é😀", blob, new Uint8Array(), -0.25];
    const sql = `SELECT ${args.map(() => "?").join(", ")}, ${args.map((_, i) => `typeof(?${i + 1})`).join(", ")}`;
    const [row] = (await run(engine, sql, args, "bigint")).rows;
    expect(row?.slice(0, 9)).toEqual([
      null,
      1,
      1.5,
      2n ** 62n,
      -(2n ** 63n),
      "a\0é😀",
      new Uint8Array([255, 128, 1]).buffer,
      new ArrayBuffer(0),
      -0.25,
    ]);
    const real = ["null", "real", "real", "integer", "integer", "text", "blob", "blob", "real"];
    expect(row?.slice(9)).toEqual(real);
  });

  it("carries a blob of a megabyte", async () => {
    const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 7) % 256);
    const [row] = (await run(engine, "SELECT ?, length(?1)", [bytes])).rows;
    expect(row?.[1]).toBe(1_000_000);
    expect(Buffer.from(row?.[0] as ArrayBuffer).equals(bytes)).toBe(true);
  });

  it("binds lists and names to parameters of every kind", async () => {
    expect((await run(engine, "SELECT ?, ?3, ?2, ?1", ["a", "b", "c"])).rows).toEqual([["a", "c", "b", "a"]]);
    expect((await run(engine, "SELECT :a, @a, $b, :a", { ":a": 1, "@a": 2, b: 3 })).rows).toEqual([[1, 2, 3, 1]]);
    expect((await run(engine, "SELECT :a, @a, $b, :a", [1, 2, 3])).rows).toEqual([[1, 2, 3, 1]]);
    const mixed = "SELECT ?, :name, ?, ?5, ':name' /* ? */, :name";
    expect((await run(engine, mixed, [1, 2, 3, 4, 5])).rows).toEqual([[1, 2, 3, 5, ":name", 2]]);
    const insert = "INSERT INTO t (name, size) VALUES (:name, :size)";
    const rows = ["a", "b", "c"].map((name) => statement(insert, { name, size: 1 }));
    expect(await engine.batch(rows, "write", {})).toHaveLength(3);
  });

  it("reads integers as intMode says", async () => {
    const sql = "SELECT 9007199254740993, 7";
    expect((await run(engine, sql, [], "bigint")).rows).toEqual([[9007199254740993n, 7n]]);
    expect((await run(engine, sql, [], "string")).rows).toEqual([["9007199254740993", "7"]]);
    expect((await run(engine, sql, [], "auto")).rows).toEqual([[9007199254740993n, 7]]);
    await expect(run(engine, sql)).rejects.toThrow(RangeError);
  });

  it("does not let a lone surrogate spoil a request", async () => {
    const [bad, good] = await Promise.all([valueOf(engine, "SELECT ?", ["x\ud800"]), valueOf(engine, "SELECT 'ok'")]);
    expect([bad, good]).toEqual(["x\ufffd", "ok"]);
  });

  it("tells errors by code", async () => {
    await run(engine, "INSERT INTO t (name) VALUES ('a')");
    const codes = async (sql: string): Promise<unknown[]> => {
      const error = await rejection(run(engine, sql));
      expect(error).toBeInstanceOf(LitefleetError);
      const { code, extendedCode, rawCode } = error as LitefleetError;
      return [code, extendedCode, rawCode];
    };
    expect(await codes("INSERT INTO t (name) VALUES ('a')")).toEqual([
      "SQLITE_CONSTRAINT",
      "SQLITE_CONSTRAINT_UNIQUE",
      2067,
    ]);
    expect(await codes("INSERT INTO t (note) VALUES (NULL)")).toEqual([
      "SQLITE_CONSTRAINT",
      "SQLITE_CONSTRAINT_NOTNULL",
      1299,
    ]);
    expect(await codes("INSERT INTO t (size) VALUES (0)")).toEqual([
      "SQLITE_CONSTRAINT",
      "SQLITE_CONSTRAINT_CHECK",
      275,
    ]);
    expect(await codes("INSERT INTO child VALUES (99)")).toEqual([
      "SQLITE_CONSTRAINT",
      "SQLITE_CONSTRAINT_FOREIGNKEY",
      787,
    ]);
    expect(await codes("SELEC 1")).toEqual(["SQL_PARSE_ERROR", undefined, undefined]);
    expect(await codes("SELECT * FROM nowhere")).toEqual(["SQLITE_UNKNOWN", undefined, undefined]);
    expect(await codes("SELECT 9e999")).toEqual(["UNSUPPORTED", undefined, undefined]);
  });

  it("keeps statements of one turn apart: one that fails does not touch the others", async () => {
    const outcomes = await Promise.allSettled([
      run(engine, "INSERT INTO t (name) VALUES ('a')"),
      run(engine, "INSERT INTO t (name) VALUES ('a')"),
      run(engine, "INSERT OR ROLLBACK INTO t (name) VALUES ('a')"),
      run(engine, "INSERT INTO t (name) VALUES ('b') RETURNING id"),
      run(engine, "BEGIN"),
      run(engine, "PRAGMA foreign_keys = OFF"),
      run(engine, "INSERT INTO child VALUES (99)"),
      run(engine, "CREATE TABLE IF NOT EXISTS extra (x)"),
      run(engine, "SELECT 1"),
      run(engine, "SELECT * FROM nowhere"),
      run(engine, "INSERT INTO t (name) VALUES ('c')"),
    ]);
    const failed = outcomes.flatMap(({ status }, i) => (status === "rejected" ? [i] : []));
    expect(failed).toEqual([1, 2, 6, 9]);
    expect((await run(engine, "SELECT name FROM t ORDER BY name")).rows).toEqual([["a"], ["b"], ["c"]]);
  });

  it("fails alone over text that is not UTF-8", async () => {
    const outcomes = await Promise.allSettled([
      run(engine, "INSERT INTO t (name) VALUES ('a')"),
      run(engine, "SELECT 1"),
      run(engine, "SELECT CAST(x'ff41' AS TEXT)"),
      run(engine, "SELECT 2"),
    ]);
    expect(outcomes[1]).toMatchObject({ status: "fulfilled", value: { rows: [[1]] } });
    expect(outcomes[2]).toMatchObject({ status: "rejected", reason: expect.any(LitefleetError) });
    expect(outcomes[3]).toMatchObject({ status: "fulfilled", value: { rows: [[2]] } });
  });

  it("runs a batch as a whole or not at all", async () => {
    const results = await engine.batch(
      [
        statement("INSERT INTO t (name) VALUES (?)", ["a"]),
        statement("INSERT INTO t (name) VALUES (?)", ["b"]),
        statement("SELECT count(*) FROM t"),
      ],
      "write",
      {},
    );
    expect(results.map(({ rows, rowsAffected }) => [rows, rowsAffected])).toEqual([
      [[], 1],
      [[], 1],
      [[[2]], 0],
    ]);
    const error = await rejection(
      engine.batch(
        [statement("INSERT INTO t (name) VALUES ('c')"), statement("INSERT INTO t (name) VALUES ('a')")],
        "deferred",
        {},
      ),
    );
    expect(error).toBeInstanceOf(LitefleetBatchError);
    expect(error).toMatchObject({
      statementIndex: 1,
      code: "SQLITE_CONSTRAINT",
      extendedCode: "SQLITE_CONSTRAINT_UNIQUE",
    });
    expect(await valueOf(engine, "SELECT count(*) FROM t")).toBe(2);
    expect(await engine.batch([], "write", {})).toEqual([]);
  });

  it("says which statement of a batch could not be read", async () => {
    const error = await rejection(
      engine.batch(
        [statement("INSERT INTO t (name) VALUES ('c')"), statement("SELEC 1"), statement("SELECT 1")],
        "write",
        {},
      ),
    );
    expect(error).toMatchObject({ statementIndex: 1, code: "SQL_PARSE_ERROR" });
    expect(await valueOf(engine, "SELECT count(*) FROM t")).toBe(0);
  });

  it("does not run the rest of a batch outside the transaction", async () => {
    const error = await rejection(
      engine.batch(
        [statement("SELECT 1"), statement("ROLLBACK"), statement("INSERT INTO t (name) VALUES ('c')")],
        "write",
        {},
      ),
    );
    expect(error).toMatchObject({ statementIndex: 2, code: "TRANSACTION_CLOSED" });
    expect(await valueOf(engine, "SELECT count(*) FROM t")).toBe(0);
  });

  it("migrates with foreign keys off, and on again afterwards", async () => {
    await engine.batch(
      [statement("INSERT INTO t (id) VALUES (1)"), statement("INSERT INTO child VALUES (1)")],
      "write",
      {},
    );
    const results = await engine.migrate([statement("PRAGMA foreign_keys"), statement("DELETE FROM t")]);
    expect(results[0]?.rows).toEqual([[0]]);
    expect(await valueOf(engine, "SELECT count(*) FROM child")).toBe(1);
    expect(await valueOf(engine, "PRAGMA foreign_keys")).toBe(1);
  });

  it("runs a script up to the first statement that fails", async () => {
    await engine.script("INSERT INTO t (name) VALUES ('a;b'); -- c\nINSERT INTO t (name) VALUES ('d')", {});
    await expect(
      engine.script(
        "INSERT INTO t (name) VALUES ('e'); INSERT INTO nowhere VALUES (1); INSERT INTO t (name) VALUES ('f')",
        {},
      ),
    ).rejects.toMatchObject({ code: "SQLITE_UNKNOWN" });
    await expect(
      engine.script("INSERT INTO t (name) VALUES ('g'); SELEC 1; INSERT INTO t (name) VALUES ('h')", {}),
    ).rejects.toMatchObject({ code: "SQL_PARSE_ERROR" });
    await engine.script(" ; -- nothing", {});
    expect((await run(engine, "SELECT name FROM t ORDER BY name")).rows).toEqual([["a;b"], ["d"], ["e"], ["g"]]);
  });

  it("streams rows", async () => {
    const chunks = engine.iterate(statement(countTo, [30_000]), {});
    const first = await chunks.next();
    expect(chunks.columns).toEqual(["x"]);
    expect(first.value?.[0]).toEqual([1]);
    const rest = await allRows(chunks);
    expect((first.value?.length ?? 0) + rest.length).toBe(30_000);
    expect(rest.at(-1)).toEqual([30_000]);
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
    const empty = engine.iterate(statement("SELECT id, name FROM t"), {});
    expect(await empty.next()).toEqual({ done: true, value: undefined });
    expect(empty.columns).toEqual(["id", "name"]);
  });

  it("leaves an iteration early and releases the stream", async () => {
    const chunks = engine.iterate(statement(countTo, [2_000_000]), {});
    await chunks.next();
    expect(engine.status().openConnections).toBe(1);
    await chunks.return();
    expect(engine.status().openConnections).toBe(0);
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
    await run(engine, "INSERT INTO t (name) VALUES ('a')");
  });

  it("tells an iteration's errors by code", async () => {
    const code = async (sql: string): Promise<unknown> => {
      const error = await rejection(engine.iterate(statement(sql), {}).next());
      return error instanceof LitefleetError ? error.code : error;
    };
    expect(await code("SELEC 1")).toBe("SQL_PARSE_ERROR");
    expect(await code("SELECT * FROM nowhere")).toBe("SQLITE_UNKNOWN");
    const chunks = engine.iterate(statement("SELECT 1 UNION ALL SELECT abs(-9223372036854775808)"), {});
    await expect(allRows(chunks)).rejects.toMatchObject({ code: "SQLITE_UNKNOWN" });
    expect(engine.status().openConnections).toBe(0);
  });

  it("tells the replication index before a write resolves", async () => {
    const seen: number[] = [];
    const onReplicationIndex = (index: number): void => void seen.push(index);
    await engine.execute(statement("INSERT INTO t (name) VALUES ('a')"), { onReplicationIndex });
    await engine.batch([statement("INSERT INTO t (name) VALUES ('b')")], "write", { onReplicationIndex });
    const transaction = await engine.begin("write", { onReplicationIndex });
    await transaction.execute(statement("INSERT INTO t (name) VALUES ('c')"), {});
    await transaction.commit();
    expect(seen.length).toBe(4);
    expect(seen[1]).toBeGreaterThan(seen[0]!);
    expect(seen[3]).toBeGreaterThan(seen[2]!);
    expect(engine.lastReplicationIndex).toBe(seen[3]);
  });

  it("refuses sync()", async () => {
    await expect(engine.sync()).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});
