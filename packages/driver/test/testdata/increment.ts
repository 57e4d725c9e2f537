// Adds 1 to a counter many times, reading it first in the same transaction; its arguments are the file, the engine and how often.
import { createClient } from "@litefleet/driver";

const [file = "", engine = "", times = ""] = process.argv.slice(2);
const client = createClient({ url: `file:${file}`, engine: engine as "libsql" | "sqlite", timeout: 10_000 });
process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
for (let i = 0; i < Number(times); i += 1) {
  // Turn about: in one statement, in a transaction by hand, in a batch.
  if (i % 3 === 0) await client.execute("UPDATE counter SET n = n + 1");
  else if (i % 3 === 1) {
    await client.transaction(async (tx) => {
      const { rows } = await tx.execute("SELECT n FROM counter");
      await tx.execute("UPDATE counter SET n = ?", [Number(rows[0]?.["n"]) + 1]);
    });
  } else await client.batch(["SELECT n FROM counter", "UPDATE counter SET n = n + 1"], "write");
}
client.close();
process.exit(0);
