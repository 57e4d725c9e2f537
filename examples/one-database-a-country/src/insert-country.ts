import { vector } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { countryName, districtOf, unitVector } from "./cities.ts";
import type { City } from "./cities.ts";

const insertCity = `INSERT INTO cities (id, name, country_code, district_id, population, latitude, longitude, position)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

/** Writes a country with its districts and cities in one transaction. */
export async function insertCountry(client: Client, code: string, cities: readonly City[]): Promise<void> {
  const districts = new Set(cities.map(districtOf));
  await client.batch(
    [
      ["INSERT INTO countries (code, name) VALUES (?, ?)", [code, countryName(code)]],
      ...[...districts].map((id): [string, string[]] => [
        "INSERT INTO districts (id, country_code) VALUES (?, ?)",
        [id, code],
      ]),
      ...cities.map((city) => ({ sql: insertCity, args: argsOf(city) })),
    ],
    "write",
  );
}

function argsOf(city: City): (string | number | Uint8Array)[] {
  const [longitude, latitude] = city.loc.coordinates;
  return [
    city.cityId,
    city.name,
    city.country,
    districtOf(city),
    city.population,
    latitude,
    longitude,
    vector(unitVector(latitude, longitude)),
  ];
}
