import { createClient } from "@litefleet/driver";
import { Kysely, sql } from "kysely";
import { describe, expect, it } from "vitest";
import { LitefleetDialect } from "../src/index.ts";
import type { LitefleetDialectConfig } from "../src/index.ts";
import { createDatabase } from "./databases.ts";

describe("LitefleetDialect", () => {
  it("leaves a client open that it was given", async () => {
    await using client = createClient({ url: ":memory:" });
    const first = new Kysely<unknown>({ dialect: new LitefleetDialect({ client }) });
    await sql`create table t (a)`.execute(first);
    await first.destroy();
    expect(client.closed).toBe(false);
    const second = new Kysely<unknown>({ dialect: new LitefleetDialect({ client }) });
    expect((await sql`select * from t`.execute(second)).rows).toEqual([]);
  });

  it("closes the client that it opened, and nothing runs afterwards", async () => {
    await using database = await createDatabase("libsql");
    const db = new Kysely<unknown>({ dialect: new LitefleetDialect(database.config) });
    await sql`select 1`.execute(db);
    await db.destroy();
    await expect(sql`select 1`.execute(db)).rejects.toThrow("destroyed");
  });

  it("rolls back a transaction that is open when it closes", async () => {
    await using database = await createDatabase("libsql");
    const db = new Kysely<unknown>({ dialect: new LitefleetDialect(database.config) });
    await sql`create table t (a)`.execute(db);
    const trx = await db.startTransaction().execute();
    await sql`insert into t values (1)`.execute(trx);
    await db.destroy();
    expect((await sql`select * from t`.execute(database.open<unknown>())).rows).toEqual([]);
  });

  it("reads integers as the instance says, over a client that says otherwise", async () => {
    await using client = createClient({ url: ":memory:" });
    const db = new Kysely<unknown>({
      dialect: new LitefleetDialect({ client, intMode: "bigint" }),
    });
    expect((await sql`select 7 as seven`.execute(db)).rows).toEqual([{ seven: 7n }]);
    expect((await client.execute("select 7 as seven")).rows[0]?.["seven"]).toBe(7);
  });

  it("works on a database in memory", async () => {
    await using db = new Kysely<unknown>({ dialect: new LitefleetDialect({ url: ":memory:" }) });
    await sql`create table t (a)`.execute(db);
    await db.transaction().execute((trx) => sql`insert into t values (1)`.execute(trx));
    expect((await sql`select a from t`.execute(db)).rows).toEqual([{ a: 1 }]);
  });

  it.each([
    ["nothing", undefined],
    ["a string", "file:app.db"],
    ["no url", {}],
    ["both", { url: ":memory:", client: {} }],
    ["what is not a client", { client: { execute: () => undefined } }],
  ])("refuses %s as its configuration", (_what, config) => {
    // Callers without types write these.
    expect(() => new LitefleetDialect(config as unknown as LitefleetDialectConfig)).toThrow(TypeError);
  });

  it("passes the driver's error for a configuration that cannot work", async () => {
    const db = new Kysely<unknown>({ dialect: new LitefleetDialect({ url: "ftp://example.com" }) });
    await expect(sql`select 1`.execute(db)).rejects.toMatchObject({
      code: "URL_SCHEME_NOT_SUPPORTED",
    });
  });
});
