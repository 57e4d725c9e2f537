import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createClient } from "@litefleet/driver";
import type { Report } from "./report.ts";

/** 64 transactions at once that read, wait a little and write the same row; nothing may be lost, and the loop must live. */
export async function benchTransactions(report: Report, folder: string): Promise<void> {
  const client = createClient({ url: `file:${join(folder, "transactions.db")}` });
  await client.execute("PRAGMA journal_mode = WAL");
  await client.executeMultiple("CREATE TABLE acc (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO acc VALUES (1, 0)");
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
  const total = Number((await client.execute("SELECT n FROM acc")).rows[0]?.["n"]);
  report.figure("64 read-modify-write transactions at once, none lost", total, "", { atLeast: 64, atMost: 64 });
  report.figure("event-loop delay meanwhile, p99", delay.percentile(99) / 1e6, "ms", { atMost: 20 });
  client.close();
}
