import { describe, expect, it } from "vitest";
import type { Client, Transaction } from "../src/api.ts";
import type { Config } from "../src/config.ts";
import { LibsqlError } from "../src/errors.ts";
import { openFile, scratchFile } from "./local-fixture.ts";
import { expectCode } from "./turso-fixture.ts";

async function open(options: Partial<Config> = {}): Promise<Client> {
  const client = openFile(scratchFile(), { engine: "turso", ...options });
  await client.executeMultiple(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 0), (2, 0)",
  );
  return client;
}

const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
const add = (tx: Pick<Transaction, "execute">, id = 1n): Promise<unknown> =>
  tx.execute("UPDATE t SET n = n + 1 WHERE id = ?", [id]);
const read = async (client: Client, id = 1n): Promise<unknown> =>
  (await client.execute("SELECT n FROM t WHERE id = ?", [id])).rows[0]?.["n"];

describe("a transaction that conflicts", () => {
  it("is run again as a whole, and says so, until it commits", async () => {
    const client = await open();
    const holder = await client.transaction("concurrent");
    await add(holder);
    const told: string[] = [];
    client.on("conflict", ({ attempt, error }) => told.push(`conflict ${attempt} ${error.code}`));
    client.on("retry", ({ attempt, delayMs }) => told.push(`retry ${attempt} ${delayMs <= 2 ** attempt}`));
    let runs = 0;
    const result = await client.transaction(
      async (tx) => {
        runs += 1;
        await add(tx, 2n);
        await add(tx);
        return runs;
      },
      { mode: "concurrent", onRetry: ({ attempt }) => void (attempt === 2 && holder.commit()) },
    );
    expect(result).toBe(3);
    expect([await read(client), await read(client, 2n)]).toEqual([2, 1]);
    expect(told).toEqual(["conflict 1 CONFLICT", "retry 1 true", "conflict 2 CONFLICT", "retry 2 true"]);
  });

  it.each(["concurrent", "write", "deferred"] as const)(
    "ends in CONFLICT with the number of attempts when its retries are spent, in mode %s",
    async (mode) => {
      const client = await open();
      const holder = await client.transaction("concurrent");
      await add(holder);
      const attempts: number[] = [];
      const onRetry = ({ attempt }: { attempt: number }): void => void attempts.push(attempt);
      const error = await expectCode(() => client.transaction(add, { mode, maxRetries: 3, onRetry }), "CONFLICT");
      expect(error.message).toContain("4 attempts");
      expect(attempts).toEqual([1, 2, 3]);
      expect(error).toMatchObject({ isRetryable: true, cause: { code: "CONFLICT" } });
      await expectCode(() => client.transaction(add, { mode, maxRetries: 0 }), "CONFLICT");
      await holder.rollback();
      expect(await read(client)).toBe(0);
    },
  );

  it("is bounded by time, too, and by a signal", async () => {
    const client = await open();
    const holder = await client.transaction("concurrent");
    await add(holder);
    const bounds = { mode: "concurrent", maxRetries: Number.POSITIVE_INFINITY } as const;
    const error = await client.transaction(add, { ...bounds, timeoutMs: 60 }).catch((reason: unknown) => reason);
    expect(error instanceof LibsqlError && ["CONFLICT", "TIMEOUT"].includes(error.code)).toBe(true);
    const signal = AbortSignal.timeout(30);
    await expectCode(() => client.transaction(add, { ...bounds, signal }), "ABORTED");
    await holder.rollback();
    expect(await read(client)).toBe(0);
  });

  it("is run again by default in mode write, whose rows a concurrent one may hold", async () => {
    const client = await open();
    const holder = await client.transaction("concurrent");
    await add(holder);
    let retries = 0;
    client.on("retry", () => {
      retries += 1;
      if (retries === 2) void holder.rollback();
    });
    await client.transaction(add);
    expect([retries, await read(client)]).toEqual([2, 1]);
    const serialized = openFile(scratchFile());
    let runs = 0;
    const failing = serialized.transaction(async () => {
      runs += 1;
      await serialized.execute("SELECT 1", [], { timeoutMs: 0 }).catch(() => undefined);
      throw new Error("mine");
    });
    await expect(failing).rejects.toThrow("mine");
    expect(runs).toBe(1);
  });

  it("is not run again for an error of the callback, which rolls back", async () => {
    const client = await open();
    const mine = new Error("mine");
    let runs = 0;
    const failing = client.transaction(
      async (tx) => {
        runs += 1;
        await add(tx);
        throw mine;
      },
      { mode: "concurrent" },
    );
    await expect(failing).rejects.toBe(mine);
    const constraint = client.transaction(
      async (tx) => {
        runs += 1;
        await add(tx);
        await tx.execute("INSERT INTO t VALUES (1, 1)");
      },
      { mode: "concurrent" },
    );
    await expect(constraint).rejects.toMatchObject({ code: "SQLITE_CONSTRAINT" });
    expect([runs, await read(client)]).toEqual([2, 0]);
  });

  it("is run again by itself in mode write if it changes the schema", async () => {
    const client = await open();
    const modes: string[] = [];
    const change = (sql: string): Promise<unknown> =>
      client.transaction(
        async (tx) => {
          modes.push(tx.mode);
          await add(tx);
          await tx.executeMultiple(sql);
        },
        { mode: "concurrent", maxRetries: 0 },
      );
    await change("CREATE TABLE u (a); INSERT INTO u VALUES (1)");
    await change("CREATE INDEX i ON u (a); ALTER TABLE u ADD COLUMN b");
    expect(modes).toEqual(["concurrent", "write", "concurrent", "write"]);
    expect([await read(client), (await client.execute("SELECT a, b FROM u")).rows.length]).toEqual([2, 1]);
  });
});

describe("messages of the engine, brought about", () => {
  it.each([
    ["Write-write conflict", "CONFLICT", (a: Transaction, b: Transaction) => add(a).then(() => add(b))],
    [
      "Database schema conflict",
      "CONFLICT",
      async (a: Transaction, _: Transaction, client: Client) => {
        await add(a);
        await client.execute("CREATE TABLE v (a)");
        await a.commit();
      },
    ],
    [
      "DDL statements require an exclusive transaction",
      "CONFLICT",
      (a: Transaction) => a.execute("CREATE TABLE v (a)"),
    ],
    [
      "database is locked",
      "SQLITE_BUSY",
      async (_: Transaction, __: Transaction, client: Client) => {
        const deferred = await client.transaction("deferred");
        await deferred.execute("SELECT * FROM t");
        await add(client);
        await add(deferred).finally(() => deferred.close());
      },
    ],
  ])("%s is %s", async (text, code, provoke) => {
    const client = await open();
    const [a, b] = [await client.transaction("concurrent"), await client.transaction("concurrent")];
    const error = await expectCode(() => provoke(a, b, client), code);
    expect(error).toMatchObject({ isRetryable: true });
    expect(`${error.message} ${String(error.cause)}`).toContain(text);
    // The connections are clean: what comes next succeeds.
    a.close();
    b.close();
    await client.transaction(add, { mode: "concurrent" });
  });
});

describe("many at once", () => {
  it("nests clients and holds iterators without a deadlock, with two connections", async () => {
    const file = scratchFile();
    const [one, two] = [
      openFile(file, { engine: "turso", maxConnections: 2 }),
      openFile(file, { engine: "turso", maxConnections: 2 }),
    ];
    await one.executeMultiple(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 0), (2, 0)",
    );
    const nested = Array.from({ length: 12 }, () =>
      one.transaction(
        async (tx) => {
          for await (const row of tx.iterate("SELECT id FROM t")) {
            await two.transaction((inner) => inner.execute("SELECT ?", [row["id"]!]), { mode: "concurrent" });
            await two.execute("SELECT n FROM t");
          }
          await add(tx);
          await breath();
        },
        { mode: "concurrent", maxRetries: 1_000 },
      ),
    );
    await Promise.all(nested);
    expect(await read(one)).toBe(12);
    expect(one.status().openConnections).toBeLessThanOrEqual(3);
  });

  it("lets no transaction starve that all want one row", async () => {
    const client = await open();
    const all = Array.from({ length: 60 }, () =>
      client.transaction(
        async (tx) => {
          const n = Number((await tx.execute("SELECT n FROM t WHERE id = 1")).rows[0]?.["n"]);
          await breath();
          await tx.execute("UPDATE t SET n = ? WHERE id = 1", [BigInt(n + 1)]);
        },
        { mode: "concurrent" },
      ),
    );
    await Promise.all(all);
    expect(await read(client)).toBe(60);
  });

  it("does not wait for itself where one that conflicts runs inside of another", async () => {
    const client = await open();
    const holder = await client.transaction("concurrent");
    await add(holder);
    let outer = 0;
    await client.transaction(
      async (tx) => {
        outer += 1;
        if (outer <= 4) await add(tx);
        let inner = 0;
        await client.transaction(
          async (nested) => {
            inner += 1;
            if (inner <= 5) await add(nested);
            await add(nested, 2n);
          },
          { mode: "concurrent" },
        );
      },
      { mode: "concurrent" },
    );
    await holder.rollback();
    expect([outer, await read(client, 2n)]).toEqual([5, 1]);
  });
});
