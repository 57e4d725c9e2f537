import { getEventListeners } from "node:events";
import type { ResultSet } from "@litefleet/driver";
import { describe, expect, it } from "vitest";
import { column, expectCode, localEngines, openFile, scratchFile, valueOf } from "./local-fixture.ts";

describe.each(localEngines)("autocommit writes on %s", (engine) => {
  const open = async (setUp = "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE)") => {
    const file = scratchFile();
    const client = openFile(file, { engine });
    await client.execute("PRAGMA journal_mode = WAL");
    await client.executeMultiple(setUp);
    return { file, client };
  };

  it("share a transaction when they are called together, and keep their order and their results", async () => {
    const { client } = await open();
    await client.execute("PRAGMA wal_autocheckpoint = 0");
    await client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    const results = await Promise.all(
      Array.from({ length: 500 }, (_, i) => client.execute("INSERT INTO t (a) VALUES (?)", [BigInt(1_000 - i)])),
    );
    expect(results.map(({ lastInsertRowid }) => lastInsertRowid)).toEqual(results.map((_, i) => BigInt(i + 1)));
    expect(results.every(({ rowsAffected }) => rowsAffected === 1)).toBe(true);
    expect(await column(client, "SELECT a FROM t ORDER BY id")).toEqual(results.map((_, i) => 1_000 - i));
    // Each commit of its own would have written three pages at least.
    const { rows } = await client.execute("PRAGMA wal_checkpoint(PASSIVE)");
    expect(Number(rows[0]?.["log"])).toBeLessThan(500);
  });

  it("tell each its own counts and rows", async () => {
    const { client } = await open();
    const results = await Promise.all([
      client.execute("INSERT INTO t (a) VALUES ('x'), ('y'), ('z')"),
      client.execute("UPDATE t SET a = a || '!' WHERE id < 3"),
      client.execute("INSERT INTO t (a) VALUES ('w') RETURNING id, a"),
      client.execute("DELETE FROM t WHERE id = 99"),
      client.execute("DELETE FROM t"),
    ]);
    expect(results.map(({ rowsAffected }) => rowsAffected)).toEqual([3, 2, 1, 0, 4]);
    expect(results[0].lastInsertRowid).toBe(3n);
    expect({ ...results[2].rows[0] }).toEqual({ id: 4, a: "w" });
    expect(results[2].lastInsertRowid).toBe(4n);
  });

  /** Which of these calls made together fails with SQLITE_CONSTRAINT. */
  const failing = async (calls: readonly Promise<ResultSet>[]): Promise<number[]> => {
    const outcomes = await Promise.allSettled(calls);
    return outcomes.flatMap((outcome, i) => {
      if (outcome.status === "fulfilled") return [];
      expect(outcome.reason).toMatchObject({ code: "SQLITE_CONSTRAINT" });
      return [i];
    });
  };

  it.each([
    ["a constraint", "INSERT INTO t (a) VALUES (1)"],
    ["a constraint that undoes the whole transaction", "INSERT OR ROLLBACK INTO t (a) VALUES (1)"],
  ])("fail alone: %s", async (_, sql) => {
    const { client } = await open();
    await client.execute("INSERT INTO t (a) VALUES (1)");
    const calls = [2, 3, 1, 4].map((a) => client.execute(a === 1 ? sql : `INSERT INTO t (a) VALUES (${a})`));
    expect(await failing(calls)).toEqual([2]);
    expect(await column(client, "SELECT a FROM t ORDER BY id")).toEqual([1, 2, 3, 4]);
  });

  it("fail alone: a foreign key that is looked at only at COMMIT", async () => {
    const { client } = await open(
      "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
    );
    await client.execute("PRAGMA foreign_keys = ON");
    const calls = [
      client.execute("INSERT INTO p VALUES (1)"),
      client.execute("INSERT INTO c VALUES (1)"),
      client.execute("INSERT INTO c VALUES (2)"),
      client.execute("INSERT INTO p VALUES (3)"),
    ];
    expect(await failing(calls)).toEqual([2]);
    expect(await column(client, "SELECT p FROM c")).toEqual([1]);
    expect(await column(client, "SELECT id FROM p")).toEqual([1, 3]);
  });

  it("run before and after what cannot share their transaction, as they were called", async () => {
    const { client } = await open();
    const results = await Promise.all([
      client.execute("INSERT INTO t (a) VALUES (1)"),
      client.execute("CREATE TABLE u AS SELECT a FROM t"),
      client.execute("INSERT INTO u VALUES (2)"),
      client.execute("INSERT INTO t (a) VALUES (3)"),
      client.execute("VACUUM"),
      client.execute("INSERT INTO u SELECT max(a) FROM t"),
      client.execute("SELECT a FROM u ORDER BY a"),
    ]);
    expect(results[6].rows.map((row) => row["a"])).toEqual([1, 2, 3]);
  });

  it("are seen by reads that are called after them, awaited or not", async () => {
    const { client } = await open();
    const counts = await Promise.all(
      Array.from({ length: 20 }, () => {
        void client.execute("INSERT INTO t DEFAULT VALUES");
        return valueOf(client, "SELECT count(*) FROM t");
      }),
    );
    expect(counts.every((count, i) => Number(count) > i)).toBe(true);
    void client.execute("INSERT INTO t DEFAULT VALUES");
    const iterated: unknown[] = [];
    for await (const row of client.iterate("SELECT count(*) FROM t")) iterated.push(row[0]);
    expect(iterated).toEqual([21]);
  });

  it("do not keep reads waiting while more and more of them come", async () => {
    const { client } = await open();
    let isOver = false;
    const writers = Array.from({ length: 20 }, async () => {
      while (!isOver) await client.execute("INSERT INTO t DEFAULT VALUES");
    });
    let last = 0;
    for (let i = 0; i < 20; i += 1) {
      const count = Number(await valueOf(client, "SELECT count(*) FROM t"));
      expect(count).toBeGreaterThanOrEqual(last);
      last = count;
    }
    isOver = true;
    await Promise.all(writers);
  });

  it("let reads pass while another client keeps them waiting", async () => {
    const { file, client } = await open();
    const other = await openFile(file, { engine }).transaction("write");
    const patient = openFile(file, { engine, timeout: 60_000 });
    const write = patient.execute("INSERT INTO t (a) VALUES (1)");
    expect(await valueOf(patient, "SELECT count(*) FROM t")).toBe(0);
    await other.rollback();
    await write;
    expect(await valueOf(client, "SELECT count(*) FROM t")).toBe(1);
  });

  it("are seen once the transaction that kept them waiting has ended", async () => {
    const { client } = await open();
    const tx = await client.transaction("write");
    const write = client.execute("INSERT INTO t (a) VALUES (1)");
    expect(await valueOf(client, "SELECT count(*) FROM t")).toBe(0);
    await tx.commit();
    expect(await valueOf(client, "SELECT count(*) FROM t")).toBe(1);
    await write;
  });

  it("come before a transaction that is called after them", async () => {
    const { client } = await open();
    const writes = [client.execute("INSERT INTO t (a) VALUES (1)"), client.execute("INSERT INTO t (a) VALUES (2)")];
    const counted = client.transaction((tx) => valueOf(tx, "SELECT count(*) FROM t"));
    const batched = client.batch(["SELECT count(*) FROM t"], "write");
    writes.push(client.execute("INSERT INTO t (a) VALUES (3)"));
    expect([await counted, (await batched)[0]?.rows[0]?.[0]]).toEqual([2, 2]);
    await Promise.all(writes);
  });

  it("can be taken back while they wait, and not later", async () => {
    const { client } = await open();
    const tx = await client.transaction("write");
    const aborting = new AbortController();
    const calls = [
      client.execute("INSERT INTO t (a) VALUES (1)"),
      client.execute("INSERT INTO t (a) VALUES (2)", [], { signal: aborting.signal }),
      client.execute("INSERT INTO t (a) VALUES (3)", [], { timeoutMs: 1 }),
      client.execute("INSERT INTO t (a) VALUES (4)", [], { timeoutMs: 60_000 }),
    ] as const;
    aborting.abort();
    await expectCode(calls[1], "ABORTED");
    await expectCode(calls[2], "TIMEOUT");
    await tx.commit();
    await Promise.all([calls[0], calls[3]]);
    expect(await column(client, "SELECT a FROM t ORDER BY id")).toEqual([1, 4]);
  });

  it("leave nothing behind on a signal that many calls share", async () => {
    const { client } = await open();
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 50 }, () => client.execute("INSERT INTO t DEFAULT VALUES", [], { signal })));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("let timers and sockets have their turn", async () => {
    const { client } = await open();
    const insert = client.prepare("INSERT INTO t DEFAULT VALUES");
    const read = client.prepare("SELECT 1");
    const loops: ((turned: () => boolean) => Promise<void>)[] = [
      async (turned) => {
        while (!turned()) await insert.run();
      },
      async (turned) => {
        while (!turned()) await read.get();
      },
      (turned) =>
        client.transaction(async (tx) => {
          const inside = tx.prepare("INSERT INTO t DEFAULT VALUES");
          while (!turned()) await inside.run();
        }),
    ];
    for (const loop of loops) {
      let hasTurned = false;
      setImmediate(() => {
        hasTurned = true;
      });
      await loop(() => hasTurned);
      expect(hasTurned).toBe(true);
    }
  });
});
