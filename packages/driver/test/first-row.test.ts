import { describe, expect, it } from "vitest";
import { expectCode, localEngines, openFile, scratchFile } from "./local-fixture.ts";

describe.each(localEngines)("the first row of a query on %s", (engine) => {
  const open = async () => {
    const file = scratchFile();
    const client = openFile(file, { engine });
    await client.execute("PRAGMA journal_mode = WAL");
    await client.executeMultiple(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, x'00ff'), (4, 9007199254740993)",
    );
    return { file, client };
  };

  it("belongs to the arguments of its own call, whatever way the statement was run before", async () => {
    const { client } = await open();
    const find = client.prepare("SELECT id, CAST(a AS TEXT) AS a FROM t WHERE id >= ? ORDER BY id");
    const idOf = async (id: number) => (await find.get([id]))?.["id"];
    expect(await idOf(1)).toBe(1);
    expect((await find.all([2])).length).toBe(3);
    expect(await idOf(3)).toBe(3);
    expect((await find.values([9])).length).toBe(0);
    expect(await idOf(9)).toBeUndefined();
    expect(await idOf(2)).toBe(2);
    for await (const row of find.iterate([1])) if (row["id"] === 2) break;
    expect(await idOf(3)).toBe(3);
    expect(await find.get([4], { intMode: "bigint" })).toMatchObject({ id: 4n, a: "9007199254740993" });
    expect(await find.get([3])).toMatchObject({ id: 3 });
  });

  it("is right after a call that failed", async () => {
    const { client } = await open();
    const find = client.prepare("SELECT id, abs(?) AS a FROM t WHERE id = ?");
    expect(await find.get([-1, 1])).toMatchObject({ id: 1, a: 1 });
    await expectCode(find.get([-(2n ** 63n), 2]), "SQLITE_ERROR");
    expect(await find.get([-5, 3])).toMatchObject({ id: 3, a: 5 });
    expect(await find.get([-6, 4])).toMatchObject({ id: 4, a: 6 });
  });

  it("is right after a lock was met", async () => {
    const { file, client } = await open();
    await client.execute("PRAGMA journal_mode = DELETE");
    const other = openFile(file, { engine });
    const find = client.prepare("SELECT id FROM t WHERE id >= ?");
    expect(await find.get([1])).toMatchObject({ id: 1 });
    const tx = await other.transaction("write");
    await tx.execute("PRAGMA cache_size = 1");
    await tx.execute("PRAGMA cache_spill = 1");
    // More than the cache holds, so that the lock of those who change the file itself is taken before COMMIT.
    await tx.execute(
      "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO t SELECT i + 9, randomblob(4000) FROM n",
    );
    await expectCode(find.get([2]), "SQLITE_BUSY");
    await expectCode(find.get([2]), "SQLITE_BUSY");
    await tx.rollback();
    expect(await find.get([3])).toMatchObject({ id: 3 });
    expect(await find.get([2])).toMatchObject({ id: 2 });
    await client.execute("UPDATE t SET a = 1");
  });

  it("pins no snapshot", async () => {
    const { file, client } = await open();
    const other = openFile(file, { engine });
    const find = client.prepare("SELECT id, a FROM t");
    for (let i = 1; i <= 20; i += 1) {
      await other.execute("UPDATE t SET a = ?", [i]);
      expect(await find.get()).toMatchObject({ a: i });
      // Waits for readers of older snapshots, and says in its first column that it could not go on.
      const { rows } = await other.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      expect(rows[0]?.[0]).toBe(0);
    }
  });

  it("comes with the columns that a changed schema gives", async () => {
    const { file, client } = await open();
    const find = client.prepare("SELECT * FROM t WHERE id = ?");
    expect(await find.get([1])).toEqual({ id: 1, a: "x" });
    await openFile(file, { engine }).execute("ALTER TABLE t ADD COLUMN b DEFAULT 'new'");
    expect(await find.get([2])).toEqual({ id: 2, a: "y", b: "new" });
  });

  it("of a write comes when all of it is done", async () => {
    const { client } = await open();
    expect(await client.prepare("UPDATE t SET a = 'z' RETURNING id").get()).toMatchObject({ id: 1 });

    const { rows } = await client.execute("SELECT count(*) AS n FROM t WHERE a = 'z'");
    expect(rows[0]?.["n"]).toBe(4);
    expect(await client.prepare("UPDATE t SET a = 'y' RETURNING id").first()).toEqual([1]);
    expect(await client.prepare("SELECT count(*) FROM t WHERE a = 'y'").first()).toEqual([4]);
  });
});

describe.each(localEngines)("a rowid beyond 2^53 on %s", (engine) => {
  it("is reported exactly", async () => {
    const client = openFile(scratchFile(), { engine });
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    for (const id of [9007199254740993n, 2n ** 63n - 1n, -(2n ** 63n)]) {
      expect((await client.execute("INSERT INTO t VALUES (?)", [id])).lastInsertRowid).toBe(id);
      await client.execute("DELETE FROM t");
      expect((await client.execute("INSERT INTO t VALUES (?) RETURNING 1", [id])).lastInsertRowid).toBe(id);
      await client.execute("DELETE FROM t");
      expect((await client.prepare("INSERT INTO t VALUES (?)").run([id])).lastInsertRowid).toBe(id);
      await client.execute("DELETE FROM t");
    }
  });
});
