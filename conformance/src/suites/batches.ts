import { expect, it } from "vitest";
import { LibsqlBatchError } from "@litefleet/driver";
import type { SuiteContext } from "../engine-suite.ts";
import { expectCode } from "../rejection.ts";

/** Several statements in one transaction. */
export function batches({ entry, open }: SuiteContext): void {
  it.each(["write", "deferred", "concurrent"] as const)("runs all or nothing in mode %s", async (mode) => {
    const client = open();
    await client.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)");
    const results = await client.batch(
      ["INSERT INTO t VALUES (1)", { sql: "INSERT INTO t VALUES (?)", args: [2] }, ["SELECT count(*) AS c FROM t"]],
      mode,
    );
    expect(results.map(({ rowsAffected }) => rowsAffected)).toEqual([1, 1, 0]);
    expect(results[2]?.rows[0]?.["c"]).toBe(2);
    const error = await expectCode(
      client.batch(["INSERT INTO t VALUES (3)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (4)"], mode),
      "SQLITE_CONSTRAINT",
    );
    expect(error).toBeInstanceOf(LibsqlBatchError);
    expect(error instanceof LibsqlBatchError && error.statementIndex).toBe(1);
    expect((await client.execute("SELECT count(*) AS c FROM t")).rows[0]?.["c"]).toBe(2);
  });

  it("answers an empty batch", async () => {
    expect(await open().batch([])).toEqual([]);
  });

  it("reads in mode read, and refuses to write in it", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (a)");
    expect(await client.batch(["SELECT 1", "SELECT 2"], "read")).toHaveLength(2);
    await expectCode(client.batch(["INSERT INTO t VALUES (1)"], "read"), "SQLITE_READONLY");
  });

  it("migrates with foreign keys off, and has them back on afterwards", async () => {
    const client = open();
    await client.executeMultiple(
      "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p(id) ON DELETE CASCADE)",
    );
    await client.batch(["INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1)"], "write");
    const migrating = client.migrate([
      "CREATE TABLE p2 (id INTEGER PRIMARY KEY, n TEXT DEFAULT 'x')",
      "INSERT INTO p2 (id) SELECT id FROM p",
      "DROP TABLE p",
      "ALTER TABLE p2 RENAME TO p",
    ]);
    // The schema is the primary's.
    if (entry.capabilities.offlineWrites) return void (await expectCode(migrating, "UNSUPPORTED"));
    await migrating;
    expect((await client.execute("SELECT count(*) AS n FROM c")).rows[0]?.["n"]).toBe(1);
    await expectCode(client.execute("INSERT INTO c VALUES (99)"), "SQLITE_CONSTRAINT");
  });

  it("refuses a mode that it does not know", async () => {
    await expect(open().batch(["SELECT 1"], "quickly" as never)).rejects.toThrow(RangeError);
  });
}
