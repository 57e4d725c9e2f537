import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { count, seconds } from "../stage.ts";
import { fileOf } from "../world.ts";
import type { World } from "../world.ts";

const transfers = 32;
const thinkMs = 5;

/** People move between cities in 32 transactions at once: with MVCC beside each other, otherwise one after the other. */
export async function transferPeople(world: World): Promise<void> {
  const { stage } = world;
  const file = join(world.folder, "transfers.db");
  await copyFile(fileOf(world, world.home), file);
  const client = createClient({ url: `file:${file}`, engine: "turso" });
  try {
    const before = await population(client);
    stage.fact("a first round, which opens connections", seconds(await runTransfers(client, "concurrent")));
    let retries = 0;
    client.on("retry", () => {
      retries += 1;
    });
    const concurrentMs = await runTransfers(client, "concurrent");
    stage.fact("BEGIN CONCURRENT (MVCC)", `${transfers} transactions in ${seconds(concurrentMs)}, ${retries} retries`);
    const serialMs = await runTransfers(client, "write");
    stage.fact("one writer at a time", `${transfers} transactions in ${seconds(serialMs)}`);
    stage.fact("ratio", `${(serialMs / concurrentMs).toFixed(1)}×`);
    stage.check("nobody was lost on the way", (await population(client)) === before, `${count(before)} people`);
  } finally {
    client.close();
  }
}

async function runTransfers(client: Client, mode: "concurrent" | "write"): Promise<number> {
  const { rows } = await client.execute(
    "SELECT id FROM cities WHERE population > 1000 ORDER BY population DESC LIMIT 60",
  );
  const ids = rows.map((row) => BigInt(Number(row["id"])));
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: transfers }, (_, i) => {
      // Pairs overlap now and then, so that there is something to retry.
      const from = ids[(i * 7) % ids.length]!;
      const to = ids[(i * 11 + 3) % ids.length]!;
      return client.transaction(
        async (tx) => {
          await tx.execute("UPDATE cities SET population = population - 10 WHERE id = ?", [from]);
          await sleep(thinkMs);
          await tx.execute("UPDATE cities SET population = population + 10 WHERE id = ?", [to]);
        },
        { mode, maxRetries: 100 },
      );
    }),
  );
  return performance.now() - startedAt;
}

async function population(client: Client): Promise<number> {
  return Number((await client.execute("SELECT sum(population) AS people FROM cities")).rows[0]?.["people"]);
}
