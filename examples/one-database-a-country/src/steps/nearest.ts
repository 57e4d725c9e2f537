import { createClient, vector, vectorDistance } from "@litefleet/driver";
import { kilometres, unitVector } from "../cities.ts";
import type { City } from "../cities.ts";
import { fileOf } from "../world.ts";
import type { World } from "../world.ts";

const howMany = 5;

/** The neighbours of the country's largest city, by vector search; checked against arithmetic in JavaScript. */
export async function findNearest(world: World): Promise<void> {
  const { stage } = world;
  const list = world.cities.get(world.home) ?? [];
  const centre = list.reduce((largest, city) => (city.population > largest.population ? city : largest));
  const [longitude, latitude] = centre.loc.coordinates;
  const here = unitVector(latitude, longitude);
  const client = createClient({ url: `file:${fileOf(world, world.home)}` });
  try {
    const { rows } = await client.execute(
      `SELECT name, ${vectorDistance("position")} AS distance FROM cities WHERE id <> ? ORDER BY distance, id LIMIT ${howMany}`,
      [vector(here), centre.cityId],
    );
    stage.fact("nearest to", centre.name);
    stage.table(rows.map((row) => [String(row["name"]), `${kilometres(Number(row["distance"])).toFixed(1)} km`]));
    const farthest = Number(rows.at(-1)?.["distance"]);
    const nearer = list.filter((city) => city !== centre && distance(here, city) < farthest - 1e-6).length;
    stage.check("no city is nearer than those found", rows.length === howMany && nearer < howMany);
  } finally {
    client.close();
  }
}

function distance(here: readonly [number, number, number], city: City): number {
  const [longitude, latitude] = city.loc.coordinates;
  const there = unitVector(latitude, longitude);
  return 1 - (here[0] * there[0] + here[1] * there[1] + here[2] * there[2]);
}
