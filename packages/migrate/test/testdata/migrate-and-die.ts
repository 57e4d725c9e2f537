// Migrates a database. With a number it kills itself with SIGKILL before the n-th statement; with "commit" it says on stderr that it is
// about to commit, for whoever wants to kill it then.
import { writeSync } from "node:fs";
import { createClient } from "@litefleet/driver";
import type { BeginOptions, Client, LocalEngineName, Transaction, TransactionMode } from "@litefleet/driver";
import { migrate } from "../../src/index.ts";

const [dir, url, engine, tx, count] = process.argv.slice(2);
if (dir === undefined || url === undefined) throw new TypeError("Expected dir, url, engine, tx and count");
let left = count === undefined || count === "commit" ? Number.POSITIVE_INFINITY : Number(count);

function step(): void {
  if (left === 0) process.kill(process.pid, "SIGKILL");
  left -= 1;
}

function watched(transaction: Transaction): Transaction {
  const execute = transaction.execute.bind(transaction);
  const executeMultiple = transaction.executeMultiple.bind(transaction);
  const batch = transaction.batch.bind(transaction);
  const commit = transaction.commit.bind(transaction);
  const watchedExecute: Client["execute"] = async (statement: Parameters<typeof execute>[0]) => {
    step();
    return execute(statement);
  };
  return Object.assign(transaction, {
    execute: watchedExecute,
    executeMultiple: async (sql: string) => {
      step();
      await executeMultiple(sql);
    },
    batch: async (statements: Parameters<typeof batch>[0]) => {
      step();
      return batch(statements);
    },
    commit: async () => {
      step();
      if (count === "commit") writeSync(2, "committing\n");
      await commit();
      step();
    },
  });
}

const namespace = process.env["SQLD_NAMESPACE"];
const send: typeof fetch = (input, init) => {
  step();
  if (count === "commit") writeSync(2, "committing\n");
  const headers = new Headers(input instanceof Request ? input.headers : init?.headers);
  headers.set("x-namespace-bin", Buffer.from(namespace ?? "").toString("base64").replaceAll("=", ""));
  return fetch(input, { ...init, headers });
};
const engineName: LocalEngineName = engine === "sqlite" ? "sqlite" : engine === "turso" ? "turso" : "libsql";
const client = createClient(namespace === undefined ? { url, engine: engineName } : { url, fetch: send });
if (namespace === undefined) {
  const begin = client.transaction.bind(client);
  const watchedBegin = async (mode?: TransactionMode, options?: BeginOptions): Promise<Transaction> =>
    watched(await begin(mode, options));
  Object.assign(client, { transaction: watchedBegin });
}
await migrate(client, { dir, tx: tx === "none" ? "none" : tx === "file" ? "file" : "all" });
client.close();
process.stdout.write("done\n");
