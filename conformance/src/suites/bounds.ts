import { expect, it } from "vitest";
import type { CallOptions, Client, Row } from "@litefleet/driver";
import type { SuiteContext } from "../engine-suite.ts";
import { expectCode } from "../rejection.ts";

async function rowsOf(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

/** Every kind of call that takes bounds, on a client. */
const calls: Readonly<Record<string, (client: Client, options: CallOptions) => Promise<unknown>>> = {
  execute: (client, options) => client.execute("SELECT a FROM t", [], options),
  "execute of an object": (client, options) => client.execute({ sql: "SELECT a FROM t" }, options),
  write: (client, options) => client.execute("INSERT INTO t VALUES (2)", [], options),
  returning: (client, options) => client.execute("INSERT INTO t VALUES (2) RETURNING a", [], options),
  schema: (client, options) => client.execute("CREATE TABLE never (a)", [], options),
  get: (client, options) => client.prepare("SELECT a FROM t").get([], options),
  first: (client, options) => client.prepare("SELECT a FROM t").first([], options),
  all: (client, options) => client.prepare("SELECT a FROM t").all([], options),
  values: (client, options) => client.prepare("SELECT a FROM t").values([], options),
  raw: (client, options) => client.prepare("SELECT a FROM t").raw([], options),
  columns: (client, options) => client.prepare("SELECT a FROM t").columns(options),
  run: (client, options) => client.prepare("INSERT INTO t VALUES (2)").run([], options),
  iterate: (client, options) => rowsOf(client.iterate("SELECT a FROM t", [], options)),
  "prepared iterate": (client, options) => rowsOf(client.prepare("SELECT a FROM t").iterate([], options)),
  "reading batch": (client, options) => client.batch(["SELECT a FROM t"], "read", options),
  batch: (client, options) => client.batch(["INSERT INTO t VALUES (2)"], "write", options),
  script: (client, options) => client.executeMultiple("INSERT INTO t VALUES (2)", options),
  migrate: (client, options) => client.migrate(["INSERT INTO t VALUES (2)"], options),
  callback: (client, options) => client.transaction((tx) => tx.execute("INSERT INTO t VALUES (2)"), options),
};

/** `signal` and `timeoutMs` of calls. */
export function bounds({ name, open }: SuiteContext): void {
  const withTable = async (): Promise<Client> => {
    const client = open({ timeout: 60_000 });
    await client.executeMultiple("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    return client;
  };
  const count = async (client: Client): Promise<unknown> =>
    (await client.execute("SELECT count(*) AS n FROM t")).rows[0]?.["n"];

  it("runs nothing for a signal that has fired, whatever the call", async () => {
    const client = await withTable();
    const reason = new Error("enough");
    const options = { signal: AbortSignal.abort(reason) };
    for (const [kind, call] of Object.entries(calls)) {
      const error = await expectCode(call(client, options), "ABORTED");
      expect([kind, error.cause]).toEqual([kind, reason]);
    }
    await expectCode(client.transaction("write", options), "ABORTED");
    if (client.capabilities.sync) await expectCode(client.sync(options), "ABORTED");
    expect(await count(client)).toBe(1);
  });

  it("runs nothing of a transaction's calls for a signal that has fired, and leaves it open", async () => {
    const client = await withTable();
    const options = { signal: AbortSignal.abort() };
    const tx = await client.transaction("write");
    const insert = "INSERT INTO t VALUES (2)";
    await tx.execute(insert);
    for (const call of [
      () => tx.execute(insert, [], options),
      () => tx.batch([insert], options),
      () => tx.executeMultiple(insert, options),
      () => tx.prepare(insert).run([], options),
      () => tx.prepare("SELECT a FROM t").all([], options),
      () => tx.prepare("SELECT a FROM t").columns(options),
      () => tx.iterate("SELECT a FROM t", [], options).next(),
      () => tx.savepoint((point) => point.execute(insert), options),
      () => tx.commit(options),
    ]) {
      await expectCode(call(), "ABORTED");
    }
    expect(tx.closed).toBe(false);
    await tx.commit();
    expect(await count(client)).toBe(2);
  });

  it("gives up a savepoint's callback, and rolls it back", async () => {
    const client = await withTable();
    await client.transaction(async (tx) => {
      const controller = new AbortController();
      const slow = tx.savepoint(
        async (point) => {
          await point.execute("INSERT INTO t VALUES (2)");
          controller.abort();
          await new Promise((resolve) => setTimeout(resolve, 50));
          await point.execute("INSERT INTO t VALUES (3)");
        },
        { signal: controller.signal },
      );
      await expectCode(slow, "ABORTED");
      await expectCode(
        tx.savepoint(() => new Promise((resolve) => setTimeout(resolve, 200)), { timeoutMs: 5 }),
        "TIMEOUT",
      );
      await tx.execute("INSERT INTO t VALUES (4)");
    });
    expect((await client.execute("SELECT a FROM t ORDER BY a")).rows.map((row) => row["a"])).toEqual([1, 4]);
  });

  it("gives up a loop over rows", async () => {
    const client = await withTable();
    const many = "SELECT x.a FROM t x, t y, t z";
    await client.batch(Array.from({ length: 30 }, (_, i) => `INSERT INTO t VALUES (${i})`));
    const controller = new AbortController();
    const read = async (options: CallOptions, afterFirst: () => unknown): Promise<void> => {
      let isFirst = true;
      for await (const row of client.iterate(many, [], options)) {
        expect(row.length).toBe(1);
        if (isFirst) await afterFirst();
        isFirst = false;
      }
    };
    await expectCode(
      read({ signal: controller.signal }, () => controller.abort()),
      "ABORTED",
    );
    await expectCode(
      read({ timeoutMs: 20 }, () => new Promise((resolve) => setTimeout(resolve, 60))),
      "TIMEOUT",
    );
    await client.execute("DROP TABLE t");
  });

  // What waits for a lock: on a server such a write is under way already, so what became of it is not known.
  const waits = Object.entries(calls).filter(([kind]) => waitsBehindWriter(name, kind));
  it.runIf(waits.length > 0).each(waits)("gives up waiting for a writer: %s", async (_, call) => {
    const client = await withTable();
    const tx = await client.transaction("write");
    await tx.execute("INSERT INTO t VALUES (3)");
    await expectCode(call(client, { timeoutMs: 30 }), "TIMEOUT");
    const controller = new AbortController();
    const waiting = call(client, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expectCode(waiting, "ABORTED");
    await tx.commit();
    expect(await count(client)).toBe(2);
  });

  it("leaves no listener on a signal that many calls share", async () => {
    const client = await withTable();
    let listeners = 0;
    const { signal } = new AbortController();
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    const active = new Set<unknown>();
    signal.addEventListener = (...args: Parameters<typeof add>): void => {
      active.add(args[1]);
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
      active.delete(args[1]);
      remove(...args);
    };
    for (const timeoutMs of [undefined, 60_000]) {
      const options = timeoutMs === undefined ? { signal } : { signal, timeoutMs };
      for (const [kind, call] of Object.entries(calls)) {
        if (kind !== "schema") await Promise.all([call(client, options), call(client, options)]);
      }
      for await (const row of client.iterate("SELECT a FROM t", [], options)) {
        expect(row.length).toBe(1);
        break;
      }
      await client.transaction(async (tx) => {
        await tx.execute("SELECT 1", [], options);
        await tx.savepoint((point) => point.execute("SELECT 1", [], options), options);
      }, options);
      const tx = await client.transaction("write", options);
      await tx.execute("INSERT INTO t VALUES (9)", [], options);
      const behind = client.execute("INSERT INTO t VALUES (10)", [], options);
      await tx.commit(options);
      await behind;
    }
    expect(active.size).toBe(0);
    expect(name.startsWith("sqld") ? listeners : 1).toBeGreaterThan(0);
  });
}

/** Whether this kind of call waits on this engine for a transaction that writes. */
function waitsBehindWriter(name: SuiteContext["name"], kind: string): boolean {
  if (name === "libsql memory" || name === "sqlite memory") return true;
  if (name !== "libsql file" && name !== "sqlite file") return false;
  return ["write", "returning", "schema", "run", "batch", "script", "migrate", "callback"].includes(kind);
}
