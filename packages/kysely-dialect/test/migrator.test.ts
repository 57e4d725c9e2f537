import { setTimeout as wait } from "node:timers/promises";
import { LitefleetError } from "@litefleet/driver";
import { sql } from "kysely";
import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import type { Migration } from "kysely/migration";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDatabase, databaseNames } from "./databases.ts";
import type { TestDatabase } from "./databases.ts";

const migrations: Record<string, Migration> = {
  "001_author": {
    async up(db) {
      await db.schema
        .createTable("author")
        .addColumn("id", "integer", (column) => column.primaryKey())
        .addColumn("name", "text", (column) => column.notNull())
        .execute();
    },
    async down(db) {
      await db.schema.dropTable("author").execute();
    },
  },
  "002_first_author": {
    async up(db) {
      await sql`insert into author (name) values ('Ada')`.execute(db);
    },
    async down(db) {
      await sql`delete from author`.execute(db);
    },
  },
};

const failing: Migration = {
  async up(db) {
    await sql`insert into author (name) values ('half')`.execute(db);
    await sql`insert into author (name) values (null)`.execute(db);
  },
};

const rebuild: Migration = {
  async up(db) {
    await sql`pragma foreign_keys = off`.execute(db);
    await sql`create table new_author (id integer primary key, name text not null default '')`.execute(db);
    await sql`insert into new_author select id, name from author`.execute(db);
    await sql`drop table author`.execute(db);
    await sql`alter table new_author rename to author`.execute(db);
    await sql`pragma foreign_keys = on`.execute(db);
  },
};

describe.each(databaseNames)("Kysely's Migrator on %s", (name) => {
  let database: TestDatabase;
  let db: Kysely<unknown>;

  function migrator(to: Kysely<unknown>, set = migrations, disableTransactions = false): Migrator {
    return new Migrator({ db: to, provider: { getMigrations: async () => set }, disableTransactions });
  }

  async function addBook(): Promise<void> {
    await sql`
      create table book (id integer primary key, author_id integer references author (id) on delete cascade)`.execute(
      db,
    );
    await sql`insert into book (author_id) values (1)`.execute(db);
  }

  async function authors(): Promise<string[]> {
    const { rows } = await sql<{ name: string }>`select name from author order by id`.execute(db);
    return rows.map((row) => row.name);
  }

  beforeEach(async () => {
    database = await createDatabase(name);
    db = database.open<unknown>();
  });

  afterEach(async () => {
    await database[Symbol.asyncDispose]();
  });

  it("goes up and down", async () => {
    const up = await migrator(db).migrateToLatest();
    expect(up.error).toBeUndefined();
    expect(up.results?.map((result) => result.status)).toEqual(["Success", "Success"]);
    expect(await authors()).toEqual(["Ada"]);
    const down = await migrator(db).migrateDown();
    expect(down.error).toBeUndefined();
    expect(await authors()).toEqual([]);
    const known = await migrator(db).getMigrations();
    expect(known.map((migration) => migration.executedAt !== undefined)).toEqual([true, false]);
  });

  it("leaves nothing of a run in which one migration failed", async () => {
    const { error } = await migrator(db, {
      ...migrations,
      "003_failing": failing,
    }).migrateToLatest();
    expect(error).toMatchObject({ code: "SQLITE_CONSTRAINT" });
    expect(await db.introspection.getTables()).toEqual([]);
    const again = await migrator(db).migrateToLatest();
    expect(again.error).toBeUndefined();
    expect(await authors()).toEqual(["Ada"]);
  });

  it("applies each migration once when several start at the same moment", async () => {
    const others = Array.from({ length: 4 }, () => database.open<unknown>());
    const runs = await Promise.all([db, db, ...others].map((to) => migrator(to).migrateToLatest()));
    expect(runs.map((run) => run.error)).toEqual(runs.map(() => undefined));
    expect(await authors()).toEqual(["Ada"]);
    const { rows } = await sql`select id, is_locked from kysely_migration_lock`.execute(db);
    expect(rows).toEqual([{ id: "migration_lock", is_locked: 0 }]);
  });

  it("applies each once also without a transaction around the run", async () => {
    const others = Array.from({ length: 3 }, () => database.open<unknown>());
    const runs = await Promise.all([db, db, ...others].map((to) => migrator(to, migrations, true).migrateToLatest()));
    expect(runs.map((run) => run.error)).toEqual(runs.map(() => undefined));
    expect(await authors()).toEqual(["Ada"]);
    const { rows } = await sql`select id, is_locked from kysely_migration_lock`.execute(db);
    expect(rows).toEqual([{ id: "migration_lock", is_locked: 0 }]);
  });

  it("waits for a run that holds the lock, and not for one that has died", async () => {
    await migrator(db).getMigrations();
    expect((await migrator(db, {}).migrateToLatest()).error).toBeUndefined();
    const lock = async (seconds: number): Promise<void> => {
      await sql`update kysely_migration_lock set is_locked = (unixepoch() + ${sql.lit(seconds)}) * 1000000 + 7`.execute(
        db,
      );
    };
    await lock(3_600);
    const other = database.open<unknown>();
    const waiting = migrator(other).migrateToLatest();
    await wait(200);
    expect(await db.introspection.getTables()).toEqual([]);
    // What a run leaves that was killed a while ago.
    await lock(-1);
    expect((await waiting).error).toBeUndefined();
    expect(await authors()).toEqual(["Ada"]);
  });

  it("runs inside a transaction of the caller", async () => {
    const mine = new Error("mine");
    const attempt = db.transaction().execute(async (trx) => {
      expect((await migrator(trx).migrateToLatest()).error).toBeUndefined();
      throw mine;
    });
    await expect(attempt).rejects.toBe(mine);
    expect(await db.introspection.getTables()).toEqual([]);
    expect((await migrator(db).migrateToLatest()).error).toBeUndefined();
  });

  it("fails clearly, and loses no row, when a migration turns foreign keys off to rebuild a table", async () => {
    await migrator(db).migrateToLatest();
    await addBook();
    const { error } = await migrator(db, { ...migrations, "003_rebuild": rebuild }).migrateToLatest();
    expect(error).toMatchObject({ code: "UNSUPPORTED" });
    expect((await sql`select * from book`.execute(db)).rows).toHaveLength(1);
  });

  it("runs that migration without a transaction in a local file, and refuses it on a server", async () => {
    await migrator(db).migrateToLatest();
    await addBook();
    const { error } = await migrator(db, { ...migrations, "003_rebuild": rebuild }, true).migrateToLatest();
    const code = error instanceof LitefleetError ? error.code : error;
    expect(code).toBe(name === "server" ? "UNSUPPORTED" : undefined);
    expect((await sql`select * from book`.execute(db)).rows).toHaveLength(1);
  });
});
