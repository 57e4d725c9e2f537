// Adds 1 to a counter 500 times in a process of its own and prints the 99th percentile of its event loop's delay, in milliseconds.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createClient } from "@litefleet/driver";

const [file = ""] = process.argv.slice(2);
const client = createClient({ url: `file:${file}`, timeout: 10_000 });
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
for (let i = 0; i < 500; i += 1) {
  await client.transaction(async (tx) => {
    const n = Number((await tx.execute("SELECT n FROM acc")).rows[0]?.["n"]);
    await tx.execute("UPDATE acc SET n = ?", [n + 1]);
  });
}
delay.disable();
process.stdout.write(String(delay.percentile(99) / 1e6));
