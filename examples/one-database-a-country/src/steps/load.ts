import { createClient } from "@litefleet/driver";
import { insertCountry } from "../insert-country.ts";
import { count, seconds } from "../stage.ts";
import { fileOf } from "../world.ts";
import type { World } from "../world.ts";

/** All cities into the databases of their countries. */
export async function loadTenants(world: World): Promise<void> {
  const { stage, cities } = world;
  const startedAt = performance.now();
  let done = 0;
  let rows = 0;
  for (const [country, list] of cities) {
    const client = createClient({ url: `file:${fileOf(world, country)}` });
    await insertCountry(client, country, list);
    client.close();
    done += 1;
    rows += list.length;
    stage.bar("countries loaded", done, cities.size);
  }
  const ms = performance.now() - startedAt;
  stage.check(
    `${count(rows)} cities stored`,
    rows > 0,
    `${seconds(ms)}, ${count(Math.round((rows / ms) * 1_000))} rows/s`,
  );
}
