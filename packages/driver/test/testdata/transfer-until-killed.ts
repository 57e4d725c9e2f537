// Transfers between accounts, 32 transactions in flight, and says the number of each that has been committed. Its arguments are the
// file, the number of its first transfer and the seed of its chances.
import { writeSync } from "node:fs";
import { createClient } from "@litefleet/driver";

const [file = "", first = "", seed = ""] = process.argv.slice(2);
const client = createClient({ url: `file:${file}`, engine: "turso" });
const accounts = 100;
let state = Number(seed);
/** A number below `limit`. @see https://en.wikipedia.org/wiki/Xorshift */
const below = (limit: number): number => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
};
let next = BigInt(first);
await Promise.all(
  Array.from({ length: 32 }, async () => {
    for (;;) {
      const id = next;
      next += 1n;
      const from = below(accounts);
      const to = (from + 1 + below(accounts - 1)) % accounts;
      const pauseMs = below(4);
      await client.transaction(
        async (tx) => {
          const { rows } = await tx.execute("SELECT n FROM acc WHERE id = ?", [BigInt(from)]);
          if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
          await tx.execute("UPDATE acc SET n = ? WHERE id = ?", [BigInt(Number(rows[0]?.["n"]) - 1), BigInt(from)]);
          await tx.execute("UPDATE acc SET n = n + 1 WHERE id = ?", [BigInt(to)]);
          await tx.execute("INSERT INTO transfers VALUES (?, ?, ?)", [id, BigInt(from), BigInt(to)]);
        },
        { mode: "concurrent", maxRetries: 1_000 },
      );
      writeSync(1, `${id}\n`);
    }
  }),
);
