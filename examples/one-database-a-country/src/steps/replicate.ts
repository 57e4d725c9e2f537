import { join } from "node:path";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { migrate } from "@litefleet/migrate";
import { startSqld } from "@litefleet/testing";
import { insertCountry } from "../insert-country.ts";
import { count, seconds } from "../stage.ts";
import { migrationsFolder } from "../world.ts";
import type { World } from "../world.ts";

const lookUps = 1_000;

/** A tenant on a real server, and two local copies of it that follow. */
export async function replicateTenant(world: World): Promise<void> {
  const { stage, home } = world;
  const list = world.cities.get(home) ?? [];
  await using sqld = await startSqld();
  stage.fact("sqld listens on", sqld.url);
  await using server = createClient(sqld.clientConfig());
  const applied = (await migrate(server, { dir: migrationsFolder })).applied.length;
  await insertCountry(server, home, list);
  stage.check(
    "tenant uploaded",
    applied === 2 && (await cityCount(server)) === list.length,
    `${count(list.length)} cities`,
  );

  await using first = openReplica(world, sqld.url, "first");
  await using second = openReplica(world, sqld.url, "second");
  const synced = await timed(() => first.sync());
  await second.sync();
  stage.check("replica holds the same", (await cityCount(first)) === list.length, `synced in ${seconds(synced)}`);

  const id = list[0]!.cityId;
  const find = first.prepare("SELECT population FROM cities WHERE id = ?");
  const reads = await timed(async () => {
    for (let i = 0; i < lookUps; i += 1) await find.get([id]);
  });
  stage.fact("a local read", seconds(reads / lookUps));

  const written = await timed(() => first.execute("UPDATE cities SET population = 424242 WHERE id = ?", [id]));
  const readBack = (await find.get([id]))?.["population"];
  stage.check("a write through the replica is read back at once", readBack === 424_242, seconds(written));
  stage.check("it went to the primary", (await populationOf(server, id)) === 424_242);
  await second.sync();
  stage.check("the second replica has it after a sync", (await populationOf(second, id)) === 424_242);
}

function openReplica(world: World, syncUrl: string, name: string): Client {
  return createClient({ url: `file:${join(world.folder, `replica-${name}.db`)}`, syncUrl });
}

async function cityCount(client: Client): Promise<number> {
  return Number((await client.execute("SELECT count(*) AS n FROM cities")).rows[0]?.["n"]);
}

async function populationOf(client: Client, id: number): Promise<number> {
  return Number((await client.execute("SELECT population FROM cities WHERE id = ?", [id])).rows[0]?.["population"]);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
