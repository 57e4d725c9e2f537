import { statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Engine, EngineTransaction } from "../src/engine.ts";
import { isRetryable, LibsqlBatchError } from "../src/errors.ts";
import { needsExclusive } from "../src/needs-exclusive.ts";
import { bound, expectCode, openEngine, rows, run, scratchFolder } from "./turso-fixture.ts";

const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

async function withAccounts(engine: Engine, count: number): Promise<Engine> {
  await run(engine, "CREATE TABLE acc (id INTEGER PRIMARY KEY, n INTEGER)");
  const inserts = Array.from({ length: count }, (_, id) => bound("INSERT INTO acc VALUES (?, 100)", [id]));
  await engine.batch(inserts, "write", {});
  return engine;
}

const read = async (on: Engine | EngineTransaction, id: number): Promise<number> =>
  Number((await rows(on, "SELECT n FROM acc WHERE id = ?", [id]))[0]?.[0]);

const write = (on: Engine | EngineTransaction, id: number, n: number): Promise<unknown> =>
  run(on, "UPDATE acc SET n = ? WHERE id = ?", [n, id]);

/** Runs `work` in concurrent transactions until one commits; gives the number of conflicts on the way. */
async function retried(engine: Engine, work: (tx: EngineTransaction) => Promise<void>): Promise<number> {
  for (let conflicts = 0; ; conflicts += 1) {
    const tx = await engine.begin("concurrent", {});
    try {
      await work(tx);
      await tx.commit();
      return conflicts;
    } catch (error) {
      tx.close();
      if (!isRetryable(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
    }
  }
}

describe("concurrent transactions", () => {
  it("says that it has them in a file, and not in memory", () => {
    expect(openEngine().capabilities.concurrentWrites).toBe("mvcc");
    expect(openEngine({ path: ":memory:" }).capabilities.concurrentWrites).toBe("serialized");
  });

  it("keeps the sum through 32 transfers at once, some of which conflict", async () => {
    const engine = await withAccounts(openEngine(), 4);
    const transfers = Array.from({ length: 32 }, (_, i) =>
      retried(engine, async (tx) => {
        const [from, to] = [i % 4, (i + 1) % 4];
        const [left, right] = [await read(tx, from), await read(tx, to)];
        await breath();
        await write(tx, from, left - 1);
        await write(tx, to, right + 1);
      }),
    );
    const conflicts = (await Promise.all(transfers)).reduce((sum, count) => sum + count, 0);
    expect(conflicts).toBeGreaterThan(0);
    expect(await rows(engine, "SELECT sum(n), count(*) FROM acc")).toEqual([[400, 4]]);
    // Each account gave 8 and got 8.
    expect(await rows(engine, "SELECT DISTINCT n FROM acc")).toEqual([[100]]);
  });

  it("lets writers of different rows be open beside each other", async () => {
    const engine = await withAccounts(openEngine(), 2);
    const [one, two] = [await engine.begin("concurrent", {}), await engine.begin("concurrent", {})];
    await write(one, 0, 1);
    await write(two, 1, 2);
    expect(await rows(engine, "SELECT n FROM acc ORDER BY id")).toEqual([[100], [100]]);
    await one.commit();
    await two.commit();
    expect(await rows(engine, "SELECT n FROM acc ORDER BY id")).toEqual([[1], [2]]);
  });

  it("ends the second writer of a row with CONFLICT, and leaves a clean connection", async () => {
    const engine = await withAccounts(openEngine({ maxConnections: 2 }), 2);
    const [one, two] = [await engine.begin("concurrent", {}), await engine.begin("concurrent", {})];
    await write(one, 0, 1);
    const error = await expectCode(() => write(two, 0, 2), "CONFLICT");
    expect(isRetryable(error)).toBe(true);
    expect(needsExclusive(error)).toBe(false);
    expect(two.closed).toBe(true);
    await expectCode(() => write(two, 1, 9), "TRANSACTION_CLOSED");
    await expectCode(() => two.commit(), "TRANSACTION_CLOSED");
    await two.rollback();
    two.close();
    const three = await engine.begin("concurrent", {});
    await write(three, 1, 3);
    await three.commit();
    await one.commit();
    expect(await rows(engine, "SELECT n FROM acc ORDER BY id")).toEqual([[1], [3]]);
  });

  it("finds at COMMIT that a row which lay in the file was changed", async () => {
    const path = join(scratchFolder(), "a.db");
    const first = await withAccounts(openEngine({ path }), 2);
    await run(first, "PRAGMA wal_checkpoint(TRUNCATE)");
    const [one, two] = [await first.begin("concurrent", {}), await first.begin("concurrent", {})];
    await write(one, 0, (await read(one, 0)) + 1);
    const late = (async () => {
      await write(two, 0, (await read(two, 0)) + 1);
      await one.commit();
      await two.commit();
    })();
    await expectCode(() => late, "CONFLICT");
    expect(two.closed).toBe(true);
    expect(await read(first, 0)).toBe(101);
  });

  it("ends an open iteration when a conflict ends its transaction", async () => {
    const engine = await withAccounts(openEngine(), 300);
    const tx = await engine.begin("concurrent", {});
    const chunks = tx.iterate(bound("SELECT id FROM acc ORDER BY id"), {});
    expect((await chunks.next()).value).toHaveLength(100);
    await write(engine, 0, 1);
    await expectCode(() => write(tx, 0, 2), "CONFLICT");
    await expectCode(() => chunks.next(), "TRANSACTION_CLOSED");
    expect(await read(engine, 0)).toBe(1);
  });

  it("conflicts with a change of the schema made meanwhile", async () => {
    const engine = await withAccounts(openEngine(), 2);
    const tx = await engine.begin("concurrent", {});
    await write(tx, 0, 1);
    await run(engine, "CREATE TABLE other (a)");
    await expectCode(() => tx.commit(), "CONFLICT");
    expect(await read(engine, 0)).toBe(100);
  });

  it("leaves the schema to an exclusive transaction, and says so", async () => {
    const engine = await withAccounts(openEngine(), 1);
    const attempts: ((tx: EngineTransaction) => unknown)[] = [
      (tx) => run(tx, "CREATE TABLE t (a)"),
      (tx) => tx.batch([bound("INSERT INTO acc VALUES (9, 9)"), bound("DROP TABLE acc")], {}),
      (tx) => tx.script("INSERT INTO acc VALUES (9, 9); ALTER TABLE acc ADD COLUMN x", {}),
    ];
    for (const attempt of attempts) {
      const tx = await engine.begin("concurrent", {});
      await write(tx, 0, 1);
      const error = await expectCode(async () => attempt(tx), "CONFLICT");
      expect(isRetryable(error)).toBe(true);
      expect(needsExclusive(error)).toBe(true);
      expect(error instanceof LibsqlBatchError ? error.statementIndex : 1).toBe(1);
      expect(tx.closed).toBe(true);
    }
    expect(await rows(engine, "SELECT * FROM acc")).toEqual([[0, 100]]);
    const again = await engine.begin("write", {});
    await run(again, "CREATE TABLE t (a)");
    await again.commit();
    const batch = [bound("CREATE TABLE u (a)"), bound("INSERT INTO u VALUES (1)")];
    await engine.batch(batch, "concurrent", {});
    expect(await rows(engine, "SELECT a FROM u")).toEqual([[1]]);
  });

  it("waits with its commit for a transaction that has the database for itself", async () => {
    const engine = await withAccounts(openEngine(), 2);
    const concurrent = await engine.begin("concurrent", {});
    await write(concurrent, 0, 1);
    const exclusive = await engine.begin("write", {});
    await write(exclusive, 1, 2);
    const committed = Promise.resolve(concurrent.commit());
    await exclusive.commit();
    await committed;
    expect(await rows(engine, "SELECT n FROM acc ORDER BY id")).toEqual([[1], [2]]);
  });

  it("repeats an autocommit write and a batch until the row is free, and tells of the conflicts", async () => {
    let conflicts = 0;
    const engine = await withAccounts(openEngine({ onConflict: () => (conflicts += 1) }), 2);
    const holder = await engine.begin("concurrent", {});
    await write(holder, 0, 1);
    const waiting = [
      run(engine, "UPDATE acc SET n = n + 10 WHERE id = 0"),
      engine.batch([bound("UPDATE acc SET n = n + 100 WHERE id = 0")], "concurrent", {}),
    ];
    while (conflicts < 2) await breath();
    await holder.commit();
    await Promise.all(waiting.map(async (work) => work));
    expect(await read(engine, 0)).toBe(111);
    const next = await engine.begin("concurrent", {});
    await write(next, 0, 1);
    const update = bound("UPDATE acc SET n = 5 WHERE id = 0");
    await expectCode(async () => engine.execute(update, { timeoutMs: 30 }), "CONFLICT");
    next.close();
    expect(await read(engine, 0)).toBe(111);
  });

  it("lets further transactions wait for a connection, in the order they came", async () => {
    const engine = await withAccounts(openEngine({ maxConnections: 2 }), 5);
    const order: number[] = [];
    const work = Array.from({ length: 5 }, (_, i) =>
      retried(engine, async (tx) => {
        order.push(i);
        await breath();
        await write(tx, i, i);
      }),
    );
    await Promise.all(work);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(await rows(engine, "SELECT n FROM acc ORDER BY id")).toEqual([[0], [1], [2], [3], [4]]);
    const held = [await engine.begin("concurrent", {}), await engine.begin("read", {})];
    await expectCode(() => engine.begin("concurrent", { timeoutMs: 20 }), "TIMEOUT");
    for (const tx of held) tx.close();
    (await engine.begin("concurrent", {})).close();
  });

  it("runs one after the other in memory", async () => {
    const engine = await withAccounts(openEngine({ path: ":memory:" }), 1);
    const counts = Array.from({ length: 8 }, () =>
      retried(engine, async (tx) => {
        const n = await read(tx, 0);
        await breath();
        await write(tx, 0, n + 1);
      }),
    );
    expect(await Promise.all(counts)).toEqual(Array.from({ length: 8 }, () => 0));
    expect(await read(engine, 0)).toBe(108);
  });

  it("keeps the log of committed transactions short while some are always open", async () => {
    const path = join(scratchFolder(), "a.db");
    const engine = openEngine({ path });
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, pad TEXT)");
    let left = 400;
    const pad = "x".repeat(50_000);
    const worker = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await retried(engine, async (tx) => {
          await run(tx, "INSERT INTO t (pad) VALUES (?)", [pad]);
          await breath();
        });
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    expect(await rows(engine, "SELECT count(*), sum(length(pad)) FROM t")).toEqual([[400, 20_000_000]]);
    expect(statSync(`${path}-log`).size).toBeLessThan(16_000_000);
  });
});

describe("other transactions", () => {
  it("runs those of mode write in the order they came, none lost", async () => {
    const engine = await withAccounts(openEngine(), 1);
    const order: number[] = [];
    const increments = Array.from({ length: 16 }, async (_, i) => {
      const tx = await engine.begin("write", {});
      const n = await read(tx, 0);
      await breath();
      await write(tx, 0, n + 1);
      order.push(i);
      await tx.commit();
    });
    await Promise.all(increments);
    expect(await read(engine, 0)).toBe(116);
    expect(order).toEqual(Array.from({ length: 16 }, (_, i) => i));
  });

  it("shares the line with another client of the file, also through a link", async () => {
    const folder = scratchFolder();
    const engine = await withAccounts(openEngine({ path: join(folder, "a.db") }), 1);
    symlinkSync(join(folder, "a.db"), join(folder, "link.db"));
    const tx = await engine.begin("write", {});
    await write(tx, 0, 1);
    const other = openEngine({ path: join(folder, "link.db"), timeoutMs: 20 });
    await expectCode(() => other.begin("write", {}), "SQLITE_BUSY");
    expect(await read(other, 0)).toBe(100);
    await tx.commit();
    await write(other, 0, 2);
    expect(await read(engine, 0)).toBe(2);
  });

  it("lets autocommit writes that are called at once share a transaction, each with its own answer", async () => {
    const engine = await withAccounts(openEngine(), 0);
    const answers = await Promise.allSettled(
      [1, 2, 2, 3].map((id) => run(engine, "INSERT INTO acc VALUES (?, 0) RETURNING id", [id])),
    );
    expect(answers.map((answer) => (answer.status === "fulfilled" ? answer.value.rows[0]?.[0] : "failed"))).toEqual([
      1,
      2,
      "failed",
      3,
    ]);
    expect(await rows(engine, "SELECT count(*) FROM acc")).toEqual([[3]]);
  });

  it("reads one snapshot in mode read, beside writers, and writes nothing", async () => {
    const engine = await withAccounts(openEngine(), 1);
    const tx = await engine.begin("read", {});
    expect(await read(tx, 0)).toBe(100);
    await write(engine, 0, 1);
    await run(engine, "CREATE TABLE other (a)");
    expect(await read(tx, 0)).toBe(100);
    expect(await expectCode(() => write(tx, 0, 5), "SQLITE_READONLY")).toMatchObject({ rawCode: 8 });
    await expectCode(async () => tx.script("SELECT 1; DELETE FROM acc", {}), "SQLITE_READONLY");
    const failed = await expectCode(
      async () => tx.batch([bound("SELECT 1"), bound("DELETE FROM acc")], {}),
      "SQLITE_READONLY",
    );
    expect(failed instanceof LibsqlBatchError && failed.statementIndex).toBe(1);
    await tx.commit();
    expect(await read(engine, 0)).toBe(1);
  });

  it("takes its turn with the first write in mode deferred, and refuses to write over what it has not seen", async () => {
    const engine = await withAccounts(openEngine(), 2);
    const writer = await engine.begin("write", {});
    const deferred = await engine.begin("deferred", {});
    expect(await read(deferred, 0)).toBe(100);
    const written = write(deferred, 0, 5);
    await write(writer, 0, 1);
    await writer.commit();
    const error = await expectCode(() => written, "SQLITE_BUSY");
    expect(error.extendedCode).toBe("SQLITE_BUSY_SNAPSHOT");
    expect(isRetryable(error)).toBe(true);
    await deferred.rollback();
    const fresh = await engine.begin("deferred", {});
    await write(fresh, 0, 6);
    await run(fresh, "CREATE TABLE t (a)");
    await fresh.commit();
    expect(await read(engine, 0)).toBe(6);
  });

  it("begins with foreign keys off when asked, and restores them", async () => {
    const engine = openEngine({ maxConnections: 1 });
    await engine.script(
      `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p(id) ON DELETE CASCADE);
       INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);`,
      {},
    );
    const tx = await engine.begin("write", { foreignKeys: "off" });
    await run(tx, "DELETE FROM p");
    await tx.commit();
    expect(await rows(engine, "SELECT count(*) FROM c")).toEqual([[1]]);
    const next = await engine.begin("write", {});
    await expectCode(() => run(next, "INSERT INTO c VALUES (9)"), "SQLITE_CONSTRAINT");
    next.close();
  });

  it("keeps a setting of the connection for every later transaction", async () => {
    const engine = openEngine();
    (await engine.begin("concurrent", {})).close();
    await run(engine, "PRAGMA foreign_keys = OFF");
    const tx = await engine.begin("concurrent", {});
    expect(await rows(tx, "PRAGMA foreign_keys")).toEqual([[0]]);
    tx.close();
  });

  it("undoes a savepoint alone", async () => {
    const engine = await withAccounts(openEngine(), 2);
    const tx = await engine.begin("concurrent", {});
    await write(tx, 0, 1);
    await run(tx, "SAVEPOINT s");
    await write(tx, 1, 1);
    await run(tx, "ROLLBACK TO s");
    await run(tx, "RELEASE s");
    await tx.commit();
    expect(await rows(engine, "SELECT n FROM acc ORDER BY id")).toEqual([[1], [100]]);
  });
});

describe("iterations", () => {
  it("gives chunks of at most 100 rows, from one snapshot, beside writers", async () => {
    const engine = await withAccounts(openEngine(), 250);
    const chunks = engine.iterate(bound("SELECT id, n FROM acc ORDER BY id"), {});
    const first = await chunks.next();
    expect(chunks.columns).toEqual(["id", "n"]);
    await run(engine, "DELETE FROM acc");
    const sizes = [first.value?.length];
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) sizes.push(next.value.length);
    expect(sizes).toEqual([100, 100, 50]);
  });

  it("gives its connection back when it is left early", async () => {
    const engine = await withAccounts(openEngine({ maxConnections: 1 }), 250);
    for (let i = 0; i < 3; i += 1) {
      const chunks = engine.iterate(bound("SELECT id FROM acc"), {});
      await chunks.next();
      await chunks.return();
      expect(await chunks.next()).toEqual({ done: true, value: undefined });
    }
    (await engine.begin("concurrent", {})).close();
    await run(engine, "DROP TABLE acc");
    await expectCode(() => engine.iterate(bound("SELECT id FROM acc"), {}).next(), "SQLITE_ERROR");
  });

  it("goes on beside statements of the same transaction", async () => {
    const engine = await withAccounts(openEngine(), 250);
    const tx = await engine.begin("concurrent", {});
    const chunks = tx.iterate(bound("SELECT id FROM acc ORDER BY id"), {});
    let seen = 0;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      seen += next.value.length;
      await write(tx, seen - 1, 0);
    }
    expect(seen).toBe(250);
    await tx.commit();
    expect(await rows(engine, "SELECT count(*) FROM acc WHERE n = 0")).toEqual([[3]]);
  });
});
