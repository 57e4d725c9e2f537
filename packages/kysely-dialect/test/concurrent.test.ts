import { setTimeout as wait } from "node:timers/promises";
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import type { Transaction } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { concurrent, transaction } from "../src/index.ts";
import { createDatabase, createTables, databaseNames, names } from "./databases.ts";
import type { Tables, TestDatabase } from "./databases.ts";

describe.each(databaseNames)("transactions with the driver's options on %s", (name) => {
  let database: TestDatabase;
  let db: Kysely<Tables>;

  beforeEach(async () => {
    database = await createDatabase(name);
    db = database.open();
    await createTables(db);
  });

  afterEach(async () => {
    await database[Symbol.asyncDispose]();
  });

  it("loses no update of many that run at once", async () => {
    await Promise.all(
      Array.from({ length: 20 }, () =>
        concurrent(db, async (trx) => {
          const { age } = await trx.selectFrom("person").select("age").where("id", "=", 1).executeTakeFirstOrThrow();
          await wait(1);
          await trx
            .updateTable("person")
            .set({ age: (age ?? 0) + 1 })
            .where("id", "=", 1)
            .execute();
        }),
      ),
    );
    const ada = await db.selectFrom("person").select("age").where("id", "=", 1).executeTakeFirstOrThrow();
    expect(ada.age).toBe(56);
  });

  it("answers what the callback answers", async () => {
    expect(await concurrent(db, (trx) => names(trx))).toEqual(["Ada", "Grace"]);
  });

  it("rejects with the callback's own error, rolled back and not run again", async () => {
    const mine = new Error("mine");
    let runs = 0;
    const attempt = concurrent(db, async (trx) => {
      runs += 1;
      await trx.insertInto("person").values({ name: "Edsger" }).execute();
      throw mine;
    });
    await expect(attempt).rejects.toBe(mine);
    expect(runs).toBe(1);
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });

  it("begins in the mode that is asked for", async () => {
    const write = transaction(db, (trx) => trx.insertInto("person").values({ name: "Edsger" }).execute(), {
      mode: "read",
    });
    await expect(write).rejects.toMatchObject({ code: "SQLITE_READONLY" });
    await transaction(db, (trx) => trx.insertInto("person").values({ name: "Edsger" }).execute(), {
      mode: "deferred",
    });
    await transaction(db, (trx) => trx.insertInto("person").values({ name: "Barbara" }).execute());
    expect(await names(db)).toEqual(["Ada", "Grace", "Edsger", "Barbara"]);
  });

  it("ends at its time limit, and lets the callback that goes on do nothing more", async () => {
    let finished: Promise<unknown> = Promise.resolve();
    const limit = new AbortController();
    const attempt = concurrent(
      db,
      (trx) => {
        const slow = async (): Promise<void> => {
          await trx.insertInto("person").values({ name: "before" }).execute();
          limit.abort();
          await wait(20);
          await trx.insertInto("person").values({ name: "after" }).execute();
        };
        const running = slow();
        finished = running.catch((error: unknown) => error);
        return running;
      },
      { signal: limit.signal },
    );
    await expect(attempt).rejects.toMatchObject({ code: "ABORTED" });
    expect(await finished).toMatchObject({ code: "TRANSACTION_CLOSED" });
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });

  it("gives up after timeoutMs", async () => {
    const attempt = concurrent(db, () => new Promise<never>(() => {}), { timeoutMs: 20 });
    await expect(attempt).rejects.toMatchObject({ code: "TIMEOUT" });
    await db.insertInto("person").values({ name: "Edsger" }).execute();
  });

  it("keeps the plugins of the instance", async () => {
    const seen: string[] = [];
    const watched = db.withPlugin({
      transformQuery: ({ node }) => {
        seen.push(node.kind);
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    await concurrent(watched, (trx) => names(trx));
    expect(seen).toEqual(["SelectQueryNode"]);
  });

  it("refuses a transaction, and an instance of another dialect", async () => {
    const nested = db.transaction().execute((trx) => concurrent(trx, (inner: Transaction<Tables>) => names(inner)));
    await expect(nested).rejects.toThrow(TypeError);
    const other = new Kysely<Tables>({
      dialect: {
        createAdapter: () => new SqliteAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (own) => new SqliteIntrospector(own),
        createQueryCompiler: () => new SqliteQueryCompiler(),
      },
    });
    await expect(concurrent(other, (trx) => names(trx))).rejects.toThrow("LitefleetDialect");
  });
});
