import { createClient, isRetryable, LibsqlError } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import type { FaultProxy, SqldServer } from "@litefleet/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";

/** Into how many parts the bytes of a call are cut, each way. A transaction that is lost keeps its lock for five seconds. */
function stagesOf(call: string): number {
  if (inject("soak")) return 60;
  return call === "transaction" ? 2 : 4;
}

let sqld: SqldServer;
let direct: Client;
beforeAll(async () => {
  sqld = await startSqld();
  direct = createClient({ url: sqld.url });
});
afterAll(async () => {
  direct.close();
  await sqld.stop();
});

/** Calls that put `n` into the table once, or not at all. */
const writes: Readonly<Record<string, Call>> = {
  execute: (client, n) => client.execute("INSERT INTO t VALUES (?)", [n]),
  returning: (client, n) => client.prepare("INSERT INTO t VALUES (?) RETURNING a").get([n]),
  batch: (client, n) => client.batch(["SELECT 1", { sql: "INSERT INTO t VALUES (?)", args: [n] }], "write"),
  script: (client, n) => client.executeMultiple(`SELECT 1; INSERT INTO t VALUES (${n})`),
  migrate: (client, n) => client.migrate([{ sql: "INSERT INTO t VALUES (?)", args: [n] }]),
  transaction: (client, n) => client.transaction((tx) => tx.execute("INSERT INTO t VALUES (?)", [n])),
};

const reads: Readonly<Record<string, (client: Client) => Promise<unknown>>> = {
  execute: async (client) => (await client.execute("SELECT count(*) AS n FROM sqlite_schema")).rows.length,
  batch: async (client) => (await client.batch(["SELECT 1", "SELECT 2"], "read")).length,
  prepared: async (client) => (await client.prepare("SELECT 1").values()).length,
  columns: async (client) => (await client.prepare("SELECT 1").columns()).length,
};

describe.each(["http", "ws"] as const)("a connection over %s that is cut at every stage", (protocol) => {
  let proxy: FaultProxy;
  beforeEach(async () => {
    await direct.executeMultiple("DROP TABLE IF EXISTS t; CREATE TABLE t (a)");
    proxy = await startFaultProxy({ target: protocol === "http" ? sqld.url : sqld.wsUrl });
  });
  afterEach(() => proxy.stop());

  /** Does a call once for each stage: on a new client, whose connection is cut after so many bytes. */
  async function atEveryStage(stages: number, call: Call, see: See): Promise<void> {
    const { bytesUp, bytesDown } = proxy.counters;
    const whole = createClient({ url: proxy.url });
    await call(whole, 0);
    whole.close();
    const size = { request: proxy.counters.bytesUp - bytesUp, response: proxy.counters.bytesDown - bytesDown };
    let n = 0;
    for (const direction of ["request", "response"] as const) {
      for (let stage = 0; stage < stages; stage += 1) {
        n += 1;
        const client = createClient({ url: proxy.url });
        proxy.cutAfter({ direction, bytes: Math.floor((size[direction] * stage) / stages) });
        const outcome: unknown = await call(client, n).then(
          () => undefined,
          (error: unknown) => error,
        );
        await see(outcome, n);
        proxy.heal();
        expect((await client.execute("SELECT 1 AS a")).rows[0]?.["a"]).toBe(1);
        client.close();
      }
    }
  }

  it.each(Object.entries(writes))(
    "never writes twice and never guesses: %s",
    { tags: ["soak"] },
    async (name, call) => {
      await atEveryStage(stagesOf(name), call, async (outcome, n) => {
        const { rows } = await direct.execute("SELECT count(*) AS n FROM t WHERE a = ?", [n]);
        const count = Number(rows[0]?.["n"]);
        const code = codeOf(outcome);
        // What says that the same call may succeed has left nothing behind.
        const allowed: Readonly<Record<string, readonly number[]>> = {
          done: [1],
          CONNECTION_FAILED: [0],
          OUTCOME_UNKNOWN: [0, 1],
        };
        expect(allowed[code], code).toContain(count);
        expect(isRetryable(outcome)).toBe(code === "CONNECTION_FAILED");
      });
    },
  );

  it.each(Object.entries(reads))("reads again: %s", { tags: ["soak"] }, async (name, call) => {
    await atEveryStage(stagesOf(name), call, (outcome) => {
      expect(outcome).toBeUndefined();
    });
  });
});

function codeOf(outcome: unknown): string {
  if (outcome === undefined) return "done";
  return outcome instanceof LibsqlError ? outcome.code : "no error of ours";
}

type Call = (client: Client, n: number) => Promise<unknown>;

/** Looks at what a call ended in: `undefined` if it succeeded. */
type See = (outcome: unknown, n: number) => unknown;
