import { expect, it } from "vitest";
import type { Client, RowKey } from "@litefleet/driver";
import type { SuiteContext } from "../engine-suite.ts";
import { expectCode, rejection } from "../rejection.ts";

/** Transactions by hand and by callback, savepoints, and what the rest of the client may do meanwhile. */
export function transactions({ open, entry, name }: SuiteContext): void {
  const count = async (client: Client): Promise<unknown> =>
    (await client.execute("SELECT count(*) AS c FROM t")).rows[0]?.["c"];
  const withTable = async (): Promise<Client> => {
    const client = open();
    await client.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)");
    return client;
  };

  it("commits, rolls back and closes", async () => {
    const client = await withTable();
    const first = await client.transaction("write");
    await first.execute("INSERT INTO t VALUES (1)");
    await first.commit();
    expect(first.closed).toBe(true);
    const second = await client.transaction();
    await second.batch(["INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (3)"]);
    await second.rollback();
    const third = await client.transaction("deferred");
    await third.execute("INSERT INTO t VALUES (4)");
    third.close();
    await expectCode(third.execute("SELECT 1"), "TRANSACTION_CLOSED");
    await expectCode(third.commit(), "TRANSACTION_CLOSED");
    await third.rollback();
    expect(await count(client)).toBe(1);
  });

  it("is rolled back when its scope is left, and a client closed", async () => {
    let client: Client;
    {
      await using scoped = open();
      client = scoped;
      await client.execute("CREATE TABLE t (a)");
      {
        await using tx = await client.transaction("write");
        await tx.execute("INSERT INTO t VALUES (1)");
      }
      {
        await using tx = await client.transaction("write");
        await tx.execute("INSERT INTO t VALUES (2)");
        await tx.commit();
      }
      expect(await count(client)).toBe(1);
    }
    expect(client.closed).toBe(true);
  });

  it.each(["commit", "rollback", "close"] as const)(
    "lets no loop over rows look complete that %s() cuts short",
    async (end) => {
      const client = await withTable();
      await client.batch(Array.from({ length: 30 }, (_, i) => `INSERT INTO t VALUES (${i})`));
      const tx = await client.transaction("read");
      let seen = 0;
      const loop = async (): Promise<void> => {
        for await (const row of tx.iterate("SELECT x.a FROM t x, t y, t z")) {
          seen += row.length;
          if (seen === 1) await tx[end]();
        }
      };
      const error: unknown = await loop().catch((reason: unknown) => reason);
      if (error === undefined) expect(seen).toBe(27_000);
      else expect(error).toMatchObject({ code: "TRANSACTION_CLOSED" });
    },
  );

  it("goes on after a statement that failed", async () => {
    const client = await withTable();
    const tx = await client.transaction("write");
    await tx.execute("INSERT INTO t VALUES (1)");
    await expectCode(tx.execute("INSERT INTO t VALUES (1)"), "SQLITE_CONSTRAINT");
    await tx.execute("INSERT INTO t VALUES (2)");
    await tx.commit();
    expect(await count(client)).toBe(2);
  });

  it("commits what a callback did, and gives its result", async () => {
    const client = await withTable();
    const result = await client.transaction(async (tx) => {
      await tx.execute("INSERT INTO t VALUES (1)");
      return "done";
    });
    expect(result).toBe("done");
    expect(await count(client)).toBe(1);
  });

  it("rolls back when a callback throws, and throws just that", async () => {
    const client = await withTable();
    const mine = new Error("mine");
    const error = await rejection(
      client.transaction(async (tx) => {
        await tx.execute("INSERT INTO t VALUES (1)");
        throw mine;
      }),
    );
    expect(error).toBe(mine);
    expect(await count(client)).toBe(0);
  });

  it("refuses to write in mode read", async () => {
    const client = await withTable();
    const tx = await client.transaction("read");
    expect((await tx.execute("SELECT count(*) AS c FROM t")).rows[0]?.["c"]).toBe(0);
    await expectCode(tx.execute("INSERT INTO t VALUES (1)"), "SQLITE_READONLY");
    await tx.rollback();
  });

  it("undoes a savepoint alone, and keeps parallel siblings apart", async () => {
    const client = await withTable();
    await client.transaction(async (tx) => {
      await tx.execute("INSERT INTO t VALUES (1)");
      const siblings = await Promise.allSettled([
        tx.savepoint(async (inner) => {
          await inner.execute("INSERT INTO t VALUES (2)");
          await new Promise((resolve) => setTimeout(resolve, 5));
          throw new Error("undo");
        }),
        tx.savepoint(async (inner) => {
          await inner.execute("INSERT INTO t VALUES (3)");
          await inner.savepoint(async (innermost) => {
            await innermost.execute("INSERT INTO t VALUES (4)");
          });
        }),
      ]);
      expect(siblings.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    });
    expect((await client.execute("SELECT a FROM t ORDER BY a")).rows.map((row) => row["a"])).toEqual([1, 3, 4]);
  });

  it("nests a savepoint that is asked of the outer transaction inside another one", async () => {
    const client = await withTable();
    await client.transaction(async (tx) => {
      await tx
        .savepoint(async () => {
          await tx.savepoint(async (inner) => {
            await inner.execute("INSERT INTO t VALUES (1)");
          });
          throw new Error("undo both");
        })
        .catch(() => undefined);
      await tx.execute("INSERT INTO t VALUES (2)");
    });
    expect((await client.execute("SELECT a FROM t")).rows.map((row) => row["a"])).toEqual([2]);
  });

  it("throws the callback's own error even if the engine's would be worth another try", async () => {
    const client = await withTable();
    const mine = new Error("mine");
    const error = await rejection(
      client.transaction(async (tx) => {
        await tx.execute("INSERT INTO t VALUES (1)");
        await tx.execute("SELECT 1", [], { timeoutMs: 0 }).catch(() => undefined);
        throw mine;
      }),
    );
    expect(error).toBe(mine);
  });

  it("lets reads of the client pass an open transaction, without seeing it", async () => {
    if (!entry.isShared) return expectReadsToQueue();
    const client = await withTable();
    const tx = await client.transaction("write");
    await tx.execute("INSERT INTO t VALUES (1)");
    expect(await count(client)).toBe(0);
    await tx.commit();
    expect(await count(client)).toBe(1);
  });

  /** In memory there is one connection: a read waits, rather than to see what may be rolled back. */
  async function expectReadsToQueue(): Promise<void> {
    const client = await withTable();
    const tx = await client.transaction("write");
    await tx.execute("INSERT INTO t VALUES (1)");
    const read = count(client);
    await tx.rollback();
    expect(await read).toBe(0);
  }

  it("queues writers of one client in the order they came", async () => {
    const client = await withTable();
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3, 4].map((n) =>
        client.transaction(async (tx) => {
          await tx.execute("INSERT INTO t VALUES (?)", [BigInt(n)]);
          await new Promise((resolve) => setTimeout(resolve, 2));
          order.push(n);
        }),
      ),
    );
    expect(await count(client)).toBe(4);
    // A server has its own line, in which the order of arrival is not ours to say.
    if (!name.startsWith("sqld") && name !== "replica") expect(order).toEqual([1, 2, 3, 4]);
  });

  it("loses no read-modify-write of 32 at once in mode concurrent", async () => {
    const client = open();
    await client.execute("CREATE TABLE acc (id INTEGER PRIMARY KEY, n INTEGER)");
    await client.execute("INSERT INTO acc VALUES (1, 0)");
    await Promise.all(
      Array.from({ length: 32 }, () =>
        client.transaction(
          async (tx) => {
            const n = Number((await tx.execute("SELECT n FROM acc WHERE id = 1")).rows[0]?.["n"]);
            await new Promise((resolve) => setTimeout(resolve, 1));
            await tx.execute("UPDATE acc SET n = ? WHERE id = 1", [BigInt(n + 1)]);
          },
          { mode: "concurrent", maxRetries: 1_000, timeoutMs: 60_000 },
        ),
      ),
    );
    expect((await client.execute("SELECT n FROM acc")).rows[0]?.["n"]).toBe(32);
  });

  it("gives up a transaction in time, and rolls it back", async () => {
    const client = await withTable();
    const slow = client.transaction(
      async (tx) => {
        await tx.execute("INSERT INTO t VALUES (1)");
        await new Promise((resolve) => setTimeout(resolve, 2_000));
      },
      { timeoutMs: 200 },
    );
    await expectCode(slow, "TIMEOUT");
    expect(await count(client)).toBe(0);
  });

  it("queues a write of the client that is called inside a callback, and runs it afterwards", async () => {
    const client = await withTable();
    let outside: Promise<unknown> | undefined;
    await client.transaction(async (tx) => {
      await tx.execute("INSERT INTO t VALUES (1)");
      outside = client.execute("INSERT INTO t VALUES (2)");
      await tx.execute("INSERT INTO t VALUES (3)");
    });
    await outside;
    expect(await count(client)).toBe(3);
  });

  it("locks rows that it relies on, so that two that look at the same rows do not both decide", async () => {
    const client = open();
    await client.execute("CREATE TABLE doctors (id INTEGER PRIMARY KEY, ward TEXT, on_call INTEGER)");
    await client.execute("INSERT INTO doctors VALUES (1, 'a', 1), (2, 'a', 1), (3, 'b', NULL)");
    const leave = (id: bigint): Promise<boolean> =>
      client.transaction(
        async (tx) => {
          expect(await tx.lock("doctors", { ward: "a" })).toBe(2);
          const { rows } = await tx.execute("SELECT count(*) AS n FROM doctors WHERE ward = 'a' AND on_call = 1");
          await new Promise((resolve) => setTimeout(resolve, 5));
          if (Number(rows[0]?.["n"]) < 2) return false;
          await tx.execute("UPDATE doctors SET on_call = 0 WHERE id = ?", [id]);
          return true;
        },
        { mode: "concurrent", maxRetries: 50 },
      );
    expect(new Set(await Promise.all([leave(1n), leave(2n)]))).toEqual(new Set([false, true]));
    expect((await client.execute("SELECT sum(on_call) AS n FROM doctors")).rows[0]?.["n"]).toBe(1);
  });

  it("locks by rowid and by columns, in every mode that writes, and says how many rows", async () => {
    const client = open();
    await client.execute('CREATE TABLE "odd name" (a INTEGER PRIMARY KEY, "b c" TEXT)');
    await client.execute(`INSERT INTO "odd name" VALUES (1, 'x'), (2, 'x'), (3, NULL)`);
    for (const mode of ["write", "deferred", "concurrent"] as const) {
      const tx = await client.transaction(mode);
      const keys: readonly RowKey[] = [1, 2n, 9, { a: 1, "b c": "x" }, { "b c": "x" }, { "b c": null }];
      expect(await Promise.all(keys.map((key) => tx.lock("odd name", key)))).toEqual([1, 1, 0, 1, 2, 1]);
      expect(await tx.savepoint((inner) => inner.lock("odd name", 3))).toBe(1);
      await expect(tx.lock("odd name", {})).rejects.toThrow(TypeError);
      await expect(tx.lock("odd name", 1.5)).rejects.toThrow(RangeError);
      await expect(tx.lock("", 1)).rejects.toThrow(TypeError);
      await tx.commit();
    }
    const reading = await client.transaction("read");
    await expectCode(reading.lock("odd name", 1), "SQLITE_READONLY");
    await reading.rollback();
  });

  it("enforces foreign keys that are to be checked, in transactions and batches", async () => {
    const client = open({ foreignKeys: "checked" });
    await client.executeMultiple(
      "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p(id))",
    );
    for (const mode of ["write", "deferred", "concurrent"] as const) {
      await expectCode(client.batch(["INSERT INTO c VALUES (9)"], mode), "SQLITE_CONSTRAINT");
      const tx = await client.transaction(mode, { foreignKeys: "checked" });
      await expectCode(tx.execute("INSERT INTO c VALUES (9)"), "SQLITE_CONSTRAINT");
      await tx.execute("INSERT INTO p VALUES (1)");
      await tx.execute("INSERT INTO c VALUES (1)");
      await tx.commit();
      await client.transaction((inner) => inner.batch(["DELETE FROM c", "DELETE FROM p"]), { mode });
    }
    await client.batch(["INSERT INTO c VALUES (9)"], "write", { foreignKeys: "off" });
    expect(() => open({ foreignKeys: "off" as never })).toThrow(RangeError);
    await expect(client.batch([], "write", { foreignKeys: "on" as never })).rejects.toThrow(RangeError);
  });

  it("begins with foreign keys off when asked, and restores them", async () => {
    const client = open();
    await client.executeMultiple(
      "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p(id) ON DELETE CASCADE)",
    );
    await client.batch(["INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1)"], "write");
    const tx = await client.transaction("write", { foreignKeys: "off" });
    await tx.execute("DELETE FROM p");
    await tx.commit();
    expect((await client.execute("SELECT count(*) AS n FROM c")).rows[0]?.["n"]).toBe(1);
    await expectCode(client.execute("INSERT INTO c VALUES (99)"), "SQLITE_CONSTRAINT");
  });
}
