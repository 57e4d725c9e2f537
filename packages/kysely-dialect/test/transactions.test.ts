import { sql } from "kysely";
import type { Kysely, LogEvent } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDatabase, createTables, databaseNames, names } from "./databases.ts";
import type { Tables, TestDatabase } from "./databases.ts";

describe.each(databaseNames)("transactions on %s", (name) => {
  let database: TestDatabase;
  let db: Kysely<Tables>;
  const logged: string[] = [];

  beforeEach(async () => {
    database = await createDatabase(name);
    db = database.open({ log: (event: LogEvent) => logged.push(event.query.sql) });
    await createTables(db);
    logged.length = 0;
  });

  afterEach(async () => {
    await database[Symbol.asyncDispose]();
  });

  it("commits and answers what the callback answers", async () => {
    const inserted = await db.transaction().execute(async (trx) => {
      const row = await trx.insertInto("person").values({ name: "Edsger" }).returning("name").executeTakeFirstOrThrow();
      return row.name;
    });
    expect(inserted).toBe("Edsger");
    expect(await names(db)).toEqual(["Ada", "Grace", "Edsger"]);
  });

  it("rolls back and rejects with the callback's own error", async () => {
    const mine = new Error("mine");
    const attempt = db.transaction().execute(async (trx) => {
      await trx.insertInto("person").values({ name: "Edsger" }).execute();
      throw mine;
    });
    await expect(attempt).rejects.toBe(mine);
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });

  it("rolls back what came before a statement that failed", async () => {
    const attempt = db.transaction().execute(async (trx) => {
      await trx.insertInto("person").values({ name: "Edsger" }).execute();
      await trx.insertInto("person").values({ name: "Ada" }).execute();
    });
    await expect(attempt).rejects.toMatchObject({
      code: "SQLITE_CONSTRAINT",
      extendedCode: "SQLITE_CONSTRAINT_UNIQUE",
    });
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });

  it("is seen by Kysely's log", async () => {
    await db.transaction().execute((trx) => names(trx));
    const trx = await db.startTransaction().setIsolationLevel("snapshot").execute();
    await trx.rollback().execute();
    const select = 'select "name" from "person" order by "id"';
    expect(logged).toEqual(["begin", select, "commit", "begin", "rollback"]);
  });

  it("lets an outer query run inside the callback, which does not see what is not committed", async () => {
    const outer = await db.transaction().execute(async (trx) => {
      await trx.insertInto("person").values({ name: "Edsger" }).execute();
      return names(db);
    });
    expect(outer).toEqual(["Ada", "Grace"]);
  });

  it("runs many transactions at once, one after the other", async () => {
    await Promise.all(
      Array.from({ length: 40 }, () =>
        db.transaction().execute(async (trx) => {
          const { age } = await trx.selectFrom("person").select("age").where("id", "=", 1).executeTakeFirstOrThrow();
          await trx
            .updateTable("person")
            .set({ age: (age ?? 0) + 1 })
            .where("id", "=", 1)
            .execute();
        }),
      ),
    );
    const ada = await db.selectFrom("person").select("age").where("id", "=", 1).executeTakeFirstOrThrow();
    expect(ada.age).toBe(76);
  });

  it("keeps queries that nobody waited for out of the database, whenever they come", async () => {
    // Kysely lets a query of the transaction pass until some moments after the rollback: each of these meets another one.
    for (let moments = 0; moments < 60; moments += 1) {
      const strays: Promise<unknown>[] = [];
      const attempt = db.transaction().execute(async (trx) => {
        const stray = async (): Promise<void> => {
          for (let i = 0; i < moments; i += 1) await Promise.resolve();
          await trx
            .insertInto("person")
            .values({ name: `stray ${moments}` })
            .execute();
        };
        strays.push(stray().catch(() => undefined));
        await trx.insertInto("person").values({ name: "Ada" }).execute();
      });
      await expect(attempt).rejects.toMatchObject({ code: "SQLITE_CONSTRAINT" });
      await Promise.all(strays);
    }
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });

  it('reads only with the access mode "read only"', async () => {
    const read = db.transaction().setAccessMode("read only");
    expect(await read.execute((trx) => names(trx))).toEqual(["Ada", "Grace"]);
    const write = read.execute((trx) => trx.insertInto("person").values({ name: "Edsger" }).execute());
    await expect(write).rejects.toMatchObject({ code: "SQLITE_READONLY" });
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });

  it('reads one moment with the access mode "read only"', async () => {
    // Without a write-ahead log, a reader keeps writers waiting. A server always has one, and Turso Database its own kind.
    if (name === "libsql" || name === "sqlite") await sql`pragma journal_mode = wal`.execute(db);
    await db
      .transaction()
      .setAccessMode("read only")
      .execute(async (trx) => {
        const before = await names(trx);
        await db.insertInto("person").values({ name: "Edsger" }).execute();
        expect(await names(trx)).toEqual(before);
      });
    expect(await names(db)).toEqual(["Ada", "Grace", "Edsger"]);
  });

  it.each(["serializable", "snapshot"] as const)("takes the isolation level %s", async (level) => {
    await db
      .transaction()
      .setIsolationLevel(level)
      .execute((trx) => trx.insertInto("person").values({ name: "Edsger" }).execute());
    expect(await names(db)).toEqual(["Ada", "Grace", "Edsger"]);
  });

  it.each(["read uncommitted", "read committed", "repeatable read"] as const)(
    "refuses the isolation level %s",
    async (level) => {
      let hasRun = false;
      const attempt = db
        .transaction()
        .setIsolationLevel(level)
        .execute(async () => {
          hasRun = true;
        });
      await expect(attempt).rejects.toMatchObject({ code: "UNSUPPORTED" });
      expect(hasRun).toBe(false);
      await expect(db.startTransaction().setIsolationLevel(level).execute()).rejects.toMatchObject({
        code: "UNSUPPORTED",
      });
    },
  );

  it("reports a commit that fails and is usable afterwards", async () => {
    const attempt = db.transaction().execute(async (trx) => {
      await sql`pragma defer_foreign_keys = on`.execute(trx);
      await trx.insertInto("pet").values({ name: "Catto", owner_id: 99 }).execute();
    });
    await expect(attempt).rejects.toMatchObject({ extendedCode: "SQLITE_CONSTRAINT_FOREIGNKEY" });
    expect(await db.selectFrom("pet").selectAll().execute()).toEqual([]);
    await db.transaction().execute((trx) => trx.insertInto("pet").values({ name: "Catto", owner_id: 1 }).execute());
  });

  it("refuses to turn foreign keys off inside, where it would do nothing", async () => {
    const attempt = db.transaction().execute(async (trx) => {
      await trx.insertInto("person").values({ name: "Edsger" }).execute();
      await sql`-- rebuild\n PRAGMA main . "foreign_keys" = OFF`.execute(trx);
    });
    await expect(attempt).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(await names(db)).toEqual(["Ada", "Grace"]);
    const { rows } = await db.transaction().execute((trx) => sql`pragma foreign_keys`.execute(trx));
    expect(rows).toEqual([{ foreign_keys: 1 }]);
  });

  it("runs several transactions on one connection, and queries between them", async () => {
    await db.connection().execute(async (own) => {
      const first = await own.startTransaction().execute();
      await first.insertInto("person").values({ name: "a" }).execute();
      await first.commit().execute();
      await own.insertInto("person").values({ name: "b" }).execute();
      const second = await own.startTransaction().execute();
      await second.insertInto("person").values({ name: "c" }).execute();
      await second.rollback().execute();
      await own.insertInto("person").values({ name: "d" }).execute();
    });
    expect(await names(db)).toEqual(["Ada", "Grace", "a", "b", "d"]);
  });
});
