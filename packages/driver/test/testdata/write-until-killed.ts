// Writes as fast as it can, many calls at once, and says after each answer what it was; its arguments are the file, the engine
// and the number of its first write. Each write makes three rows with its number, by one of three ways.
import { writeSync } from "node:fs";
import { createClient } from "@litefleet/driver";

const [file = "", engine = "", first = ""] = process.argv.slice(2);
const client = createClient({ url: `file:${file}`, engine: engine as "libsql" | "sqlite", timeout: 10_000 });
const ways: ((id: bigint) => Promise<unknown>)[] = [
  (id) => client.execute("INSERT INTO t VALUES (?1, 0), (?1, 1), (?1, 2)", [id]),
  (id) => client.batch([0n, 1n, 2n].map((part) => ({ sql: "INSERT INTO t VALUES (?, ?)", args: [id, part] })), "write"),
  (id) =>
    client.transaction(async (tx) => {
      for (const part of [0n, 1n, 2n]) await tx.execute("INSERT INTO t VALUES (?, ?)", [id, part]);
    }),
];
let next = BigInt(first);
await Promise.all(
  Array.from({ length: 40 }, async (_, writer) => {
    for (;;) {
      const id = next;
      next += 1n;
      await ways[writer % 8 < 6 ? 0 : (writer % 2) + 1]!(id);
      writeSync(1, `${id}\n`);
    }
  }),
);
