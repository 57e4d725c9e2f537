import { createClient as createStockClient } from "@libsql/client";
import { createClient } from "@litefleet/driver";
import { withReplicas } from "drizzle-orm/sqlite-core";
import { is, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { driverError, drizzle, LitefleetDatabase } from "../src/index.ts";
import * as schema from "./schema.ts";

const memory = { url: ":memory:" };

describe("drizzle() takes", () => {
  test.each([
    ["a URL", () => drizzle(":memory:")],
    ["a URL and options", () => drizzle(":memory:", { schema })],
    ["a configuration", () => drizzle(memory)],
    ["a configuration and options", () => drizzle({ ...memory, engine: "sqlite" }, { schema, logger: false })],
    ["a client", () => drizzle(createClient(memory))],
    ["a client and options", () => drizzle(createClient(memory), { casing: "snake_case" })],
    ["a client among its options", () => drizzle({ client: createClient(memory), schema })],
    ["a URL among its options", () => drizzle({ connection: ":memory:" })],
    ["a configuration among its options", () => drizzle({ connection: memory, schema })],
  ])("%s", async (_, open) => {
    const db = open();
    expect(is(db, LitefleetDatabase)).toBe(true);
    expect(await db.get(sql`select 1 as one`)).toStrictEqual({ one: 1 });
    db.$client.close();
  });
});

test("casing names the columns that have no name", () => {
  const db = drizzle.mock({ casing: "snake_case" });
  expect(db.select({ isAdmin: schema.users.isAdmin }).from(schema.users).toSQL().sql).toBe(
    'select "is_admin" from "users"',
  );
});

test("a database without a client builds SQL and runs none", async () => {
  const db = drizzle.mock({ schema });
  expect(db.query.users.findMany({ columns: { id: true } }).toSQL().sql).toContain('from "users"');
  const error: unknown = await db
    .select()
    .from(schema.users)
    .catch((reason: unknown) => reason);
  expect(driverError(error)?.code).toBe("CLIENT_CLOSED");
});

test("it closes the client that it opened and no other", async () => {
  const client = createClient(memory);
  {
    await using db = drizzle(client);
    await db.run("select 1");
  }
  expect(client.closed).toBe(false);
  client.close();
  const opened = drizzle(memory);
  await opened[Symbol.asyncDispose]();
  expect(opened.$client.closed).toBe(true);
});

test("what is no database is refused with a reason", () => {
  const stock = createStockClient(memory);
  // @ts-expect-error not a client of ours
  expect(() => drizzle(stock)).toThrow(TypeError);
  stock.close();
  // @ts-expect-error nothing
  expect(() => drizzle(undefined)).toThrow(TypeError);
  // @ts-expect-error no URL
  expect(() => drizzle({ schema })).toThrow(TypeError);
  // @ts-expect-error no URL
  expect(() => drizzle({ connection: undefined })).toThrow(TypeError);
  const client = createClient(memory);
  expect(() => drizzle({ client, connection: ":memory:" })).toThrow(TypeError);
  client.close();
});

test.each(["$withReplicas", "withReplicas"])("%s keeps batch, $client and transactions", async (by) => {
  const primary = drizzle(":memory:", { schema });
  const replica = drizzle(":memory:", { schema });
  for (const db of [primary, replica]) for (const statement of schema.ddl) await db.run(statement);
  const db = by === "$withReplicas" ? primary.$withReplicas([replica]) : withReplicas(primary, [replica]);
  await db.batch([db.insert(schema.users).values({ name: "Ada" })]);
  await db.transaction(async (tx) => {
    await tx.insert(schema.users).values({ name: "Bob" });
  });
  expect(await primary.$count(schema.users)).toBe(2);
  expect(await db.select().from(schema.users)).toStrictEqual([]);
  expect(await db.query.users.findMany()).toStrictEqual([]);
  primary.$client.close();
  replica.$client.close();
});
