import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drizzle } from "../src/index.ts";
import * as schema from "./schema.ts";
import { users } from "./schema.ts";

let server: SqldServer;
let folder: string;

beforeAll(async () => {
  server = await startSqld();
  folder = await mkdtemp(join(tmpdir(), "litefleet-drizzle-replica-"));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test("on a replica a write is seen at once, and another's after a sync or by its position", async () => {
  await using primary = drizzle({ url: server.url }, { schema });
  for (const statement of schema.ddl) await primary.run(statement);
  const open = (name: string) => drizzle({ url: `file:${join(folder, name)}`, syncUrl: server.url }, { schema });
  await using here = open("here.db");
  await using there = open("there.db");
  await here.$client.sync();
  await there.$client.sync();
  const names = async (db: typeof here) => (await db.select().from(users).orderBy(users.id)).map(({ name }) => name);

  await here.insert(users).values({ name: "Ada" });
  expect(await names(here)).toStrictEqual(["Ada"]);
  await here.transaction(async (tx) => {
    await tx.insert(users).values({ name: "Bob" });
    expect(await tx.$count(users)).toBe(2);
  });
  expect(await names(here)).toStrictEqual(["Ada", "Bob"]);

  const position = here.$client.position();
  expect(position).toBeDefined();
  await there.$client.waitFor(position ?? "");
  expect(await there.query.users.findMany({ columns: { name: true } })).toStrictEqual([
    { name: "Ada" },
    { name: "Bob" },
  ]);

  await primary.insert(users).values({ name: "Cleo" });
  await there.$client.sync();
  expect(await names(there)).toStrictEqual(["Ada", "Bob", "Cleo"]);
});
