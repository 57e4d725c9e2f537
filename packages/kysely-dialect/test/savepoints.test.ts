import type { Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDatabase, createTables, databaseNames, names } from "./databases.ts";
import type { Tables, TestDatabase } from "./databases.ts";

describe.each(databaseNames)("controlled transactions on %s", (name) => {
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

  it("commits by hand, and refuses queries afterwards", async () => {
    const trx = await db.startTransaction().execute();
    await trx.insertInto("person").values({ name: "Edsger" }).execute();
    await trx.commit().execute();
    expect(trx.isCommitted).toBe(true);
    await expect(trx.insertInto("person").values({ name: "late" }).execute()).rejects.toThrow("already committed");
    expect(await names(db)).toEqual(["Ada", "Grace", "Edsger"]);
  });

  it("rolls back by hand, and gives the turn to the next writer", async () => {
    const trx = await db.startTransaction().execute();
    await trx.insertInto("person").values({ name: "Edsger" }).execute();
    await trx.rollback().execute();
    expect(trx.isRolledBack).toBe(true);
    await db.insertInto("person").values({ name: "Barbara" }).execute();
    expect(await names(db)).toEqual(["Ada", "Grace", "Barbara"]);
  });

  it("takes back what came after a savepoint", async () => {
    const trx = await db.startTransaction().execute();
    await trx.insertInto("person").values({ name: "kept" }).execute();
    const after = await trx.savepoint("here").execute();
    await after.insertInto("person").values({ name: "lost" }).execute();
    await after.rollbackToSavepoint("here").execute();
    await after.insertInto("person").values({ name: "again" }).execute();
    await after.releaseSavepoint("here").execute();
    await trx.commit().execute();
    expect(await names(db)).toEqual(["Ada", "Grace", "kept", "again"]);
  });

  it("nests savepoints, also of one name and with any name", async () => {
    const trx = await db.startTransaction().execute();
    const outer = await trx.savepoint('a "quoted"; name').execute();
    await outer.insertInto("person").values({ name: "outer" }).execute();
    const inner = await outer.savepoint('a "quoted"; name').execute();
    await inner.insertInto("person").values({ name: "inner" }).execute();
    await inner.rollbackToSavepoint('a "quoted"; name').execute();
    await inner.releaseSavepoint('a "quoted"; name').execute();
    await outer.releaseSavepoint('a "quoted"; name').execute();
    await trx.commit().execute();
    expect(await names(db)).toEqual(["Ada", "Grace", "outer"]);
  });

  it("goes on after a statement that failed", async () => {
    const trx = await db.startTransaction().execute();
    const after = await trx.savepoint("try").execute();
    await expect(after.insertInto("person").values({ name: "Ada" }).execute()).rejects.toMatchObject({
      code: "SQLITE_CONSTRAINT",
    });
    await after.rollbackToSavepoint("try").execute();
    await after.insertInto("person").values({ name: "Edsger" }).execute();
    await trx.commit().execute();
    expect(await names(db)).toEqual(["Ada", "Grace", "Edsger"]);
  });

  it("says so when a savepoint is not there", async () => {
    const trx = await db.startTransaction().execute();
    const after = await trx.savepoint("one").execute();
    await after.releaseSavepoint("one").execute();
    const code = name === "server" ? "SQLITE_UNKNOWN" : "SQLITE_ERROR";
    await expect(after.releaseSavepoint("one").execute()).rejects.toMatchObject({ code });
    await trx.rollback().execute();
  });
});
