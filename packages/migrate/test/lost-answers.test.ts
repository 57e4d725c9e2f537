import { createClient, LibsqlBatchError } from "@litefleet/driver";
import type { BeginOptions, Client, Transaction, TransactionMode } from "@litefleet/driver";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import type { FaultProxy, SqldServer } from "@litefleet/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { migrate, status } from "../src/index.ts";
import { blogDir, blogMigrations } from "./blog.ts";
import { failure } from "./failure.ts";
import { countsOf } from "./scratch.ts";

let server: SqldServer;
let proxy: FaultProxy;
let client: Client;
/** The same database without the proxy between. */
let direct: Client;
let used = 0;

beforeAll(async () => {
  server = await startSqld({ namespaces: true });
});

afterEach(async () => {
  client.close();
  direct.close();
  await proxy.stop();
});

afterAll(async () => {
  await server?.stop();
});

/**
 * Opens a new database through a proxy that does `fault` at the moment at which the COMMIT is to be sent: that of the one
 * request that holds everything, or (`"transaction"`) that of an interactive transaction.
 */
async function openWithFault(way: "batch" | "transaction", fault: (proxy: FaultProxy) => void): Promise<Client> {
  used += 1;
  const name = `lost${used}`;
  await server.createNamespace(name);
  const config = server.clientConfig(name);
  direct = createClient(config);
  proxy = await startFaultProxy({ target: config.url });
  client = createClient({ ...config, url: proxy.url });
  const begin = client.transaction.bind(client);
  const batch = client.batch.bind(client);
  let isFirst = true;
  const tripwire = async (mode?: TransactionMode, options?: BeginOptions): Promise<Transaction> => {
    const transaction = await begin(mode, options);
    if (!isFirst || way === "batch") return transaction;
    isFirst = false;
    const commit = transaction.commit.bind(transaction);
    return Object.assign(transaction, {
      commit: async () => {
        fault(proxy);
        await commit();
      },
    });
  };
  const trippedBatch: Client["batch"] = async (...args) => {
    if (way === "transaction") throw new LibsqlBatchError("No batch today", 0, "SQLITE_ERROR");
    if (isFirst) {
      isFirst = false;
      fault(proxy);
    }
    return batch(...args);
  };
  return Object.assign(client, { transaction: tripwire, batch: trippedBatch });
}

describe.each(["batch", "transaction"] as const)("%s", (way) => {
  test("a COMMIT whose answer is lost is settled by the ledger", async () => {
    const db = await openWithFault(way, (p) => p.cutAfter({ direction: "response", bytes: 0 }));
    expect(await migrate(db, { dir: blogDir })).toMatchObject({ state: "migrated", applied: blogMigrations });
    expect(await countsOf(direct, "__drizzle_migrations")).toEqual({ __drizzle_migrations: 2 });
  });

  test("a COMMIT whose answer is lost for good is reported as unknown, and the next run finds out", async () => {
    const db = await openWithFault(way, (p) => p.cutAfter({ direction: "response", bytes: 0, staysCut: true }));
    expect(await failure(migrate(db, { dir: blogDir, tenant: "acme" }))).toMatchObject({
      code: "OUTCOME_UNKNOWN",
      tenant: "acme",
      applied: [],
      pending: blogMigrations,
    });
    expect(await status(direct, { dir: blogDir })).toMatchObject({ state: "up-to-date" });
    proxy.heal();
    expect(await migrate(db, { dir: blogDir })).toMatchObject({ state: "up-to-date", applied: [] });
  });

  test("a COMMIT that never arrives leaves nothing behind, and the next run does it", async () => {
    const db = await openWithFault(way, (p) => p.cutAfter({ direction: "request", bytes: 0 }));
    expect(await failure(migrate(db, { dir: blogDir }))).toMatchObject({
      code: "MIGRATION_FAILED",
      applied: [],
      pending: blogMigrations,
    });
    expect(await status(direct, { dir: blogDir })).toMatchObject({ state: "pending", pending: blogMigrations });
    expect(await migrate(db, { dir: blogDir })).toMatchObject({ applied: blogMigrations });
  });
});
