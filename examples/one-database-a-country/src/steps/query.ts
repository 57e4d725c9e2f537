import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { drizzle } from "@litefleet/drizzle-adapter";
import { LitefleetDialect } from "@litefleet/kysely-dialect";
import { PrismaLitefleet } from "@litefleet/prisma-adapter";
import { desc } from "drizzle-orm";
import { Kysely } from "kysely";
import { cities } from "../schema.ts";
import { count, seconds } from "../stage.ts";
import type { Stage } from "../stage.ts";
import { fileOf } from "../world.ts";
import type { World } from "../world.ts";

interface LargeCity {
  readonly name: string;
  readonly population: number;
}

/** The database as Kysely sees it. */
interface Tables {
  cities: { id: number; name: string; population: number };
}

/** What of the generated Prisma client is used here; it is made when the demo runs. */
interface GeneratedClient {
  readonly PrismaClient: new (options: { adapter: PrismaLitefleet }) => {
    readonly city: { findMany(query: object): Promise<LargeCity[]> };
    $disconnect(): Promise<void>;
  };
}

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The same typed question through three ORMs. */
export async function queryWithOrms(world: World): Promise<void> {
  const { stage } = world;
  const client = createClient({ url: `file:${fileOf(world, world.home)}` });
  try {
    const byDrizzle = await timed(stage, "Drizzle", () => withDrizzle(client));
    const byKysely = await timed(stage, "Kysely", () => withKysely(client));
    const generated = await generatePrismaClient();
    const byPrisma = await timed(stage, "Prisma", () => withPrisma(client, generated));
    stage.table(byDrizzle.map(({ name, population }, i) => [`${i + 1}.`.padStart(3), name, count(population)]));
    stage.check("Drizzle and Kysely agree", isDeepStrictEqual(byDrizzle, byKysely));
    stage.check("Drizzle and Prisma agree", isDeepStrictEqual(byDrizzle, byPrisma));
  } finally {
    client.close();
  }
}

function withDrizzle(client: Client): Promise<LargeCity[]> {
  return drizzle(client)
    .select({ name: cities.name, population: cities.population })
    .from(cities)
    .orderBy(desc(cities.population), cities.id)
    .limit(10);
}

function withKysely(client: Client): Promise<LargeCity[]> {
  return new Kysely<Tables>({ dialect: new LitefleetDialect({ client }) })
    .selectFrom("cities")
    .select(["name", "population"])
    .orderBy("population", "desc")
    .orderBy("id")
    .limit(10)
    .execute();
}

async function withPrisma(client: Client, { PrismaClient }: GeneratedClient): Promise<LargeCity[]> {
  const prisma = new PrismaClient({ adapter: new PrismaLitefleet(client) });
  const found = await prisma.city.findMany({
    select: { name: true, population: true },
    orderBy: [{ population: "desc" }, { id: "asc" }],
    take: 10,
  });
  await prisma.$disconnect();
  return found;
}

/** `prisma generate`, offline: naming any executable as the schema engine keeps it from downloading one. */
async function generatePrismaClient(): Promise<GeneratedClient> {
  const cli = createRequire(import.meta.url).resolve("prisma/build/index.js");
  await promisify(execFile)(process.execPath, [cli, "generate"], {
    cwd: root,
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      CHECKPOINT_DISABLE: "1",
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
    },
  });
  const file = join(root, ".generated", "client.ts");
  return (await import(file)) as GeneratedClient;
}

async function timed<T>(stage: Stage, label: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  stage.fact(`${label}, first query`, seconds(performance.now() - startedAt));
  return result;
}
