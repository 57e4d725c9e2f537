import { LibsqlError } from "@litefleet/driver";
import { expect, it } from "vitest";
import type { SuiteContext } from "../engine-suite.ts";
import { expectCode, rejection } from "../rejection.ts";

/** Prepared statements and iteration. */
export function prepared({ open }: SuiteContext): void {
  it("answers in every form", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT)");
    const insert = client.prepare("INSERT INTO t (n) VALUES (?)");
    expect(await insert.run(["a"])).toEqual({ rowsAffected: 1, lastInsertRowid: 1n });
    await insert.run(["b"]);
    const find = client.prepare("SELECT id, n FROM t WHERE id >= ? ORDER BY id");
    expect({ ...(await find.get([1])) }).toEqual({ id: 1, n: "a" });
    expect(await find.get([9])).toBeUndefined();
    expect((await find.all([1])).map((row) => row["n"])).toEqual(["a", "b"]);
    expect(await find.values([2])).toEqual([[2, "b"]]);
    const raw = await find.raw([1]);
    expect(raw.columns).toEqual(["id", "n"]);
    expect(raw.rows).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
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
