// Moves money between the accounts of a server's database: node transfer.ts URL TRANSFERS PER_SECOND SEED. Prints the seconds it took.
import { createClient } from "../../src/index.ts";
import { randomFrom } from "./random.ts";

const [url = "", transfers = "", perSecond = "", seed = ""] = process.argv.slice(2);
const random = randomFrom(Number(seed));
const client = createClient({ url });
const startedAt = performance.now();
for (let i = 0; i < Number(transfers); i += 1) {
  // By the clock, so that a transaction that was slow is made up for.
  const dueInMs = startedAt + (i * 1_000) / Number(perSecond) - performance.now();
  if (dueInMs > 0) await new Promise((resolve) => void setTimeout(resolve, dueInMs));
  const [source, target] = [Math.floor(random() * 20), Math.floor(random() * 20)];
  await client.batch(
    [
      `UPDATE account SET balance = balance - 1 WHERE id = ${source}`,
      `UPDATE account SET balance = balance + 1 WHERE id = ${target}`,
      `INSERT INTO transfer (source, target) VALUES (${source}, ${target})`,
      "UPDATE total SET n = n + 1",
    ],
    "write",
  );
}
process.stdout.write(String((performance.now() - startedAt) / 1_000));
client.close();
