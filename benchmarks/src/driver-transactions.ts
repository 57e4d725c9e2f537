import { execFile } from "node:child_process";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import type { Report } from "./report.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("./increment.ts", import.meta.url));

/** Transactions that all change one row, in one process and in four: nothing may be lost, and the event loop must live. */
export async function benchTransactions(report: Report, folder: string): Promise<void> {
  await inOneProcess(report, join(folder, "transactions.db"));
  await inFourProcesses(report, join(folder, "processes.db"));
}

async function inOneProcess(report: Report, file: string): Promise<void> {
  const client = await openCounter(file);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await Promise.all(
    Array.from({ length: 64 }, () =>
      client.transaction(async (tx) => {
        const n = Number((await tx.execute("SELECT n FROM acc")).rows[0]?.["n"]);
        await new Promise((resolve) => setTimeout(resolve, 1));
        await tx.execute("UPDATE acc SET n = ?", [n + 1]);
      }),
    ),
  );
  delay.disable();
  report.figure("64 read-modify-write transactions at once, none lost", await total(client), "", {
    atLeast: 64,
    atMost: 64,
  });
  report.figure("event-loop delay meanwhile, p99", delay.percentile(99) / 1e6, "ms", { atMost: 20 });
  client.close();
}

async function inFourProcesses(report: Report, file: string): Promise<void> {
  const client = await openCounter(file);
  const idle = monitorEventLoopDelay({ resolution: 1 });
  idle.enable();
  const ended = await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, [script, file])));
  idle.disable();
  report.figure("4 processes with 500 transactions each, none lost", await total(client), "", {
    atLeast: 2_000,
    atMost: 2_000,
  });
  const delays = ended.map(({ stdout }) => Number(stdout));
  report.figure("event-loop delay in the worst of them, p99", Math.max(...delays), "ms", { atMost: 20 });
  report.figure("in a process beside them that does nothing, p99", idle.percentile(99) / 1e6, "ms");
  client.close();
}

async function openCounter(file: string): Promise<Client> {
  const client = createClient({ url: `file:${file}` });
  await client.execute("PRAGMA journal_mode = WAL");
  await client.executeMultiple("CREATE TABLE acc (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO acc VALUES (1, 0)");
  return client;
}

async function total(client: Client): Promise<number> {
  return Number((await client.execute("SELECT n FROM acc")).rows[0]?.["n"]);
}
