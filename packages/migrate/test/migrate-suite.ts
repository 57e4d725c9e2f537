import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Client } from "@litefleet/driver";
import { splitStatements } from "@litefleet/driver/sql";
import { describe, expect, test } from "vitest";
import { migrate, MigrateError, status } from "../src/index.ts";
import type { MigrationListener } from "../src/index.ts";
import { blogDir, blogMigrations, blogUpTo, blogWith, fillBlog } from "./blog.ts";
import { failure } from "./failure.ts";
import { countsOf, schemaOf, writeFolder } from "./scratch.ts";

/** A kind of database. */
export interface Kind {
  readonly name: string;
  /** A client on an empty database. */
  readonly open: () => Promise<Client>;
  /** What `PRAGMA foreign_keys = OFF` does inside a transaction; SQLite passes over it. */
  readonly keysOffInTransaction: "ignored" | "honoured";
  /** Pragmas of the connection may be set; a server refuses that. */
  readonly setsPragmas: boolean;
}

/** Contracts of `migrate` and `status` on one kind of database. */
export function migrateSuite({ name, open, keysOffInTransaction, setsPragmas }: Kind): void {
  describe(`migrate on ${name}`, () => {
    test("a new database gets everything, and then there is nothing to do", async () => {
      const client = await open();
      expect(await status(client, { dir: blogDir })).toMatchObject({ state: "pending", pending: blogMigrations });
      expect(await schemaOf(client)).toEqual([]);
      expect(await migrate(client, { dir: blogDir })).toMatchObject({ state: "migrated", applied: blogMigrations });
      expect(await migrate(client, { dir: blogDir })).toMatchObject({ state: "up-to-date", applied: [] });
      expect(await status(client, { dir: blogDir })).toMatchObject({ state: "up-to-date", applied: blogMigrations });
    });

    test("a rebuilt parent keeps the rows that refer to it", async () => {
      const client = await open();
      await migrate(client, { dir: await blogUpTo(1) });
      await fillBlog(client);
      expect(await migrate(client, { dir: blogDir })).toMatchObject({ applied: ["0001_starter_plan"] });
      expect(await countsOf(client, "authors", "posts", "comments")).toEqual({ authors: 2, posts: 3, comments: 4 });
      // Foreign keys are on again, and refer to the new table.
      await client.execute("DELETE FROM authors WHERE id = 1");
      expect(await countsOf(client, "authors", "posts", "comments")).toEqual({ authors: 1, posts: 1, comments: 1 });
    });

    test("the same statements in a plain transaction lose the rows, unless the engine is more than SQLite", async () => {
      const client = await open();
      await migrate(client, { dir: await blogUpTo(1) });
      await fillBlog(client);
      const text = await readFile(path.join(blogDir, "0001_starter_plan.sql"), "utf8");
      await client.batch(
        splitStatements(text).map(({ sql }) => sql),
        "write",
      );
      expect(await countsOf(client, "authors", "posts", "comments")).toEqual(
        keysOffInTransaction === "ignored"
          ? { authors: 2, posts: 0, comments: 0 }
          : { authors: 2, posts: 3, comments: 4 },
      );
    });

    test("a rebuild that does not turn foreign keys off keeps the rows too", async () => {
      const client = await open();
      await migrate(client, { dir: await blogUpTo(1) });
      await fillBlog(client);
      const dir = await blogWith(
        "CREATE TABLE n (id integer PRIMARY KEY NOT NULL, name text NOT NULL, plan text);" +
          "INSERT INTO n SELECT id, name, plan FROM authors; DROP TABLE authors; ALTER TABLE n RENAME TO authors;",
      );
      await migrate(client, { dir });
      expect(await countsOf(client, "authors", "posts", "comments")).toEqual({ authors: 2, posts: 3, comments: 4 });
    });

    test("a migration that fails changes nothing, nor do those before it", async () => {
      const client = await open();
      await migrate(client, { dir: await blogUpTo(1) });
      await fillBlog(client);
      const before = await schemaOf(client);
      const dir = await blogWith(
        "CREATE TABLE extra (x);",
        "INSERT INTO extra VALUES (1);\nINSERT INTO nowhere VALUES (1);",
      );
      const error = await failure(migrate(client, { dir, tenant: "acme" }));
      expect(error).toMatchObject({
        code: "MIGRATION_FAILED",
        tenant: "acme",
        migration: "0002_change",
        statementIndex: 1,
        applied: [],
        pending: ["0001_change", "0002_change"],
        cause: { code: expect.stringMatching(/^(?:SQLITE_ERROR|SQLITE_UNKNOWN|SQL_PARSE_ERROR|SQL_INPUT_ERROR)$/u) },
      });
      expect(error.message).toContain("acme");
      expect(error.message).toContain("0002_change.sql:2");
      expect(await schemaOf(client)).toEqual(before);
      expect(await countsOf(client, "__drizzle_migrations")).toEqual({ __drizzle_migrations: 1 });
    });

    test("goes up to the named migration and later on, never back", async () => {
      const client = await open();
      const dir = await writeFolder({
        "0000_a": "CREATE TABLE a (x)",
        "0001_b": "CREATE TABLE b (x)",
        "0002_c": "CREATE TABLE c (x)",
      });
      expect(await failure(migrate(client, { dir, to: "0001" }))).toMatchObject({
        code: "MIGRATION_UNKNOWN",
        migration: "0001",
      });
      expect(await schemaOf(client)).toEqual([]);
      expect(await migrate(client, { dir, to: "0001_b" })).toMatchObject({ applied: ["0000_a", "0001_b"] });
      expect(await status(client, { dir })).toMatchObject({ state: "pending", pending: ["0002_c"] });
      expect(await migrate(client, { dir, to: "0000_a.sql" })).toMatchObject({ state: "up-to-date", applied: [] });
      expect(await migrate(client, { dir })).toMatchObject({ applied: ["0002_c"] });
    });

    test("one transaction a file keeps what was applied before the failure", async () => {
      const client = await open();
      const dir = await writeFolder({ "0000_a": "CREATE TABLE a (x)", "0001_b": "CREATE TABLE a (x)", "0002_c": "" });
      const error = await failure(migrate(client, { dir, tx: "file" }));
      expect(error).toMatchObject({ code: "MIGRATION_FAILED", applied: ["0000_a"], pending: ["0001_b", "0002_c"] });
      expect(await status(client, { dir })).toMatchObject({ applied: ["0000_a"], pending: ["0001_b", "0002_c"] });
    });

    test("an ON DELETE CASCADE that the migration does not speak of is undone", async () => {
      const client = await open();
      await migrate(client, { dir: await blogUpTo(1) });
      await fillBlog(client);
      const dir = await blogWith(
        "CREATE TABLE extra (x);",
        "INSERT INTO extra VALUES (1);\nDELETE FROM authors WHERE id = 2;\nDELETE FROM extra;",
      );
      const error = await failure(migrate(client, { dir, tenant: "acme" }));
      expect(error).toMatchObject({
        code: "ROW_LOSS",
        tenant: "acme",
        migration: "0002_change",
        statementIndex: 1,
        pending: ["0001_change", "0002_change"],
      });
      for (const loss of ["posts would go from 3 to 2 rows", "comments would go from 4 to 3 rows"]) {
        expect(error.message).toContain(`${loss} by statement 2 of 0002_change (`);
      }
      expect(error.message).toContain("0002_change.sql:2: DELETE FROM authors WHERE id = 2)");
      expect(await countsOf(client, "authors", "posts", "comments")).toEqual({ authors: 2, posts: 3, comments: 4 });
      await migrate(client, { dir, allowRowLoss: ["Posts", "comments"] });
      expect(await countsOf(client, "authors", "posts", "comments")).toEqual({ authors: 1, posts: 2, comments: 3 });
    });

    test("the drop of a parent that takes its children along is undone", async () => {
      const client = await open();
      await migrate(client, { dir: await blogUpTo(1) });
      await fillBlog(client);
      const error = await failure(migrate(client, { dir: await blogWith("DROP TABLE posts;") }));
      expect(error.code).toBe("ROW_LOSS");
      expect(error.message).toMatch(/comments would go from 4 to 0 rows/u);
      expect(await countsOf(client, "authors", "posts", "comments")).toEqual({ authors: 2, posts: 3, comments: 4 });
    });

    test("rows that a trigger or a REPLACE takes are noticed, those that the migration takes are not", async () => {
      const client = await open();
      const base = {
        "0000_base":
          "CREATE TABLE a (id INTEGER PRIMARY KEY, u TEXT UNIQUE); INSERT INTO a VALUES (1, 'x'), (2, 'y');" +
          "CREATE TABLE log (n); INSERT INTO log VALUES (1), (2);" +
          "CREATE TRIGGER t AFTER UPDATE ON a BEGIN DELETE FROM log; END;",
      };
      await migrate(client, { dir: await writeFolder(base) });
      const tryOut = async (sql: string): Promise<string> => {
        const dir = await writeFolder({ ...base, "0001_change": sql });
        return migrate(client, { dir }).then(
          () => "done",
          (error: unknown) => (error instanceof MigrateError ? error.code : "?"),
        );
      };
      expect(await tryOut("UPDATE a SET u = u || '!';")).toBe("ROW_LOSS");
      expect(await tryOut("INSERT OR REPLACE INTO a VALUES (1, 'y');")).toBe("ROW_LOSS");
      expect(
        await tryOut("CREATE TABLE n (id, u); INSERT OR IGNORE INTO n SELECT id, u FROM a WHERE id > 1; DROP TABLE a;"),
      ).toBe("done");
      expect(await countsOf(client, "n", "log")).toEqual({ n: 1, log: 2 });
    });

    test("a rebuild with a filter may drop rows, but not leave others that refer to them", async () => {
      const client = await open();
      await migrate(client, { dir: await blogUpTo(1) });
      await fillBlog(client);
      const rebuild = (where: string): string =>
        `PRAGMA foreign_keys=OFF; CREATE TABLE n (id integer PRIMARY KEY NOT NULL, name text, plan text);
       INSERT INTO n SELECT id, name, plan FROM authors ${where}; DROP TABLE authors; ALTER TABLE n RENAME TO authors;
       PRAGMA foreign_keys=ON;`;
      const error = await failure(migrate(client, { dir: await blogWith(rebuild("WHERE id = 1")) }));
      expect(error).toMatchObject({ code: "FOREIGN_KEY_VIOLATION", migration: "0001_change" });
      expect(error.message).toMatch(/1 from posts to authors/u);
      expect(await countsOf(client, "authors", "posts", "comments")).toEqual({ authors: 2, posts: 3, comments: 4 });
      const both = `DELETE FROM comments WHERE post_id = 3; DELETE FROM posts WHERE author_id = 2; ${rebuild("WHERE id = 1")}`;
      await migrate(client, { dir: await blogWith(both) });
      expect(await countsOf(client, "authors", "posts", "comments")).toEqual({ authors: 1, posts: 2, comments: 3 });
    });

    test("references that were broken before do not stand in the way", async () => {
      const client = await open();
      await migrate(client, { dir: await blogUpTo(1) });
      await fillBlog(client);
      const tx = await client.transaction("write", { foreignKeys: "off" });
      await tx.execute("INSERT INTO posts (id, author_id, title) VALUES (9, 99, 'orphan')");
      await tx.commit();
      await migrate(client, { dir: blogDir });
      expect(await countsOf(client, "authors", "posts", "comments")).toEqual({ authors: 2, posts: 4, comments: 4 });
    });

    test("an edited migration is named and refused; other line ends are no edit", async () => {
      const client = await open();
      await migrate(client, { dir: await writeFolder({ "0000_a": "CREATE TABLE a (\n  x\n);\n" }) });
      const crlf = await writeFolder({ "0000_a": "CREATE TABLE a (\r\n  x\r\n);\r\n" });
      expect(await migrate(client, { dir: crlf })).toMatchObject({ state: "up-to-date" });
      const edited = await writeFolder({ "0000_a": "CREATE TABLE a (\n  x, y\n);\n", "0001_b": "CREATE TABLE b (x)" });
      expect(await status(client, { dir: edited })).toMatchObject({
        state: "diverged",
        edited: ["0000_a"],
        pending: ["0001_b"],
      });
      expect(await failure(migrate(client, { dir: edited }))).toMatchObject({
        code: "HISTORY_EDITED",
        migration: "0000_a",
      });
      expect(await countsOf(client, "a")).toEqual({ a: 0 });
    });

    test("a migration that comes in before an applied one is named and refused", async () => {
      const client = await open();
      await migrate(client, {
        dir: await writeFolder({ "0000_a": "CREATE TABLE a (x)", "0002_c": "CREATE TABLE c (x)" }),
      });
      const files = { "0000_a": "CREATE TABLE a (x)", "0001_b": "CREATE TABLE b (x)", "0002_c": "CREATE TABLE c (x)" };
      const dir = await writeFolder(files, { when: (index) => 1_700_000_000_000 + index * 500 });
      expect(await status(client, { dir })).toMatchObject({
        state: "diverged",
        outOfOrder: ["0001_b"],
        applied: ["0000_a", "0002_c"],
      });
      expect(await failure(migrate(client, { dir }))).toMatchObject({
        code: "HISTORY_OUT_OF_ORDER",
        migration: "0001_b",
      });
      expect(await migrate(client, { dir, order: "skip" })).toMatchObject({ state: "up-to-date", applied: [] });
      expect(await migrate(client, { dir, order: "allow" })).toMatchObject({ applied: ["0001_b"] });
      expect(await status(client, { dir })).toMatchObject({ state: "up-to-date" });
    });

    test("an older folder does nothing to a newer database; a folder with a gap is refused", async () => {
      const client = await open();
      const files = { "0000_a": "CREATE TABLE a (x)", "0001_b": "CREATE TABLE b (x)" };
      await migrate(client, { dir: await writeFolder(files) });
      const older = await writeFolder({ "0000_a": files["0000_a"] });
      expect(await migrate(client, { dir: older })).toMatchObject({ state: "up-to-date" });
      expect(await status(client, { dir: older })).toMatchObject({ state: "diverged", missing: [expect.any(String)] });
      const gap = await writeFolder(
        { "0000_a": files["0000_a"], "0002_c": "CREATE TABLE c (x)" },
        { when: (i) => 1_700_000_000_000 + i * 5000 },
      );
      expect(await failure(migrate(client, { dir: gap }))).toMatchObject({
        code: "HISTORY_MISSING",
        migration: "0002_c",
      });
    });

    test.each([
      ["ATTACH", "ATTACH 'x.db' AS x"],
      ["BEGIN", "BEGIN; CREATE TABLE b (x); COMMIT"],
    ])("%s is refused with file and line before anything runs", async (word, sql) => {
      const client = await open();
      const dir = await writeFolder({ "0000_a": `CREATE TABLE a (x);\n${sql};` });
      const error = await failure(migrate(client, { dir }));
      expect(error).toMatchObject({ code: "TRANSACTION_INCOMPATIBLE", migration: "0000_a", statementIndex: 1 });
      expect(error.message).toContain("0000_a.sql:2");
      expect(error.message).toContain(word);
      expect(await schemaOf(client)).toEqual([]);
    });

    test("a pragma that a transaction passes over divides it, and an interrupted run goes on behind it", async () => {
      const client = await open();
      const sql = (table: string): string =>
        `CREATE TABLE a (x);\nINSERT INTO a VALUES (1);\nPRAGMA synchronous = 2;\nINSERT INTO ${table} VALUES (2);`;
      const dir = await writeFolder({ "0000_a": sql("nowhere") });
      // What comes before it stays, and is known to be done; sqld refuses the pragma itself.
      for (let round = 0; round < 2; round += 1) {
        expect(await failure(migrate(client, { dir }))).toMatchObject({
          code: "MIGRATION_FAILED",
          statementIndex: setsPragmas ? 3 : 2,
        });
        expect(await countsOf(client, "a")).toEqual({ a: 1 });
      }
      expect(await status(client, { dir })).toMatchObject({ pending: ["0000_a"] });
      // Its beginning has run; what comes behind may be repaired.
      const other = await writeFolder({ "0000_a": `-- another\n${sql("a").replace("(1)", "(3)")}` });
      expect(await failure(migrate(client, { dir: other }))).toMatchObject({
        code: "HISTORY_FAILED",
        migration: "0000_a",
      });
      const repaired = await writeFolder({
        "0000_a": setsPragmas ? sql("a") : sql("a").replace("PRAGMA synchronous = 2", "SELECT 1"),
      });
      expect(await migrate(client, { dir: repaired })).toMatchObject({ applied: ["0000_a"] });
      expect(await countsOf(client, "a")).toEqual({ a: 2 });
      expect((await client.execute("SELECT 1 FROM sqlite_schema WHERE name = '_litefleet_journal'")).rows).toEqual([]);
    });

    test("no transaction at all: statement by statement, and each once", async () => {
      const client = await open();
      const sql = (table: string): string =>
        `CREATE TABLE a (x);\nINSERT INTO a VALUES (1);\nINSERT INTO ${table} VALUES (2);`;
      const failing = await writeFolder({ "0000_base": "CREATE TABLE base (x);", "0001_a": sql("nowhere") });
      expect(await failure(migrate(client, { dir: failing, tx: "none" }))).toMatchObject({
        name: "PartialMigrationError",
        code: "MIGRATION_FAILED",
        applied: ["0000_base"],
        failed: "0001_a",
        statementIndex: 2,
      });
      expect(await countsOf(client, "a")).toEqual({ a: 1 });
      const dir = await writeFolder({ "0000_base": "CREATE TABLE base (x);", "0001_a": sql("a") });
      expect(await migrate(client, { dir, tx: "all" })).toMatchObject({ applied: ["0001_a"] });
      expect(await countsOf(client, "a")).toEqual({ a: 2 });
    });

    test("what takes data away is refused where it is not allowed, before anything runs", async () => {
      const client = await open();
      await migrate(client, { dir: await blogUpTo(1) });
      await fillBlog(client);
      const change = "DROP TABLE comments;\nDELETE FROM posts;\nCREATE TABLE t (x); DROP TABLE t;";
      const dir = await blogWith("CREATE TABLE extra (x);", change);
      expect(await failure(migrate(client, { dir, allowDestructive: false }))).toMatchObject({
        code: "DESTRUCTIVE",
        migration: "0002_change",
        statementIndex: 0,
        pending: ["0001_change", "0002_change"],
      });
      expect(await countsOf(client, "posts", "comments")).toEqual({ posts: 3, comments: 4 });
      // A rebuild without a filter takes nothing away.
      expect(await migrate(client, { dir: blogDir, allowDestructive: false })).toMatchObject({ state: "migrated" });
    });

    test("events tell what happens, in order", async () => {
      const client = await open();
      const events: string[] = [];
      const onEvent: MigrationListener = (event) => {
        events.push(`${event.type} ${"migrations" in event ? event.migrations.join("+") : ""}`);
      };
      const dir = await writeFolder({ "0000_a": "CREATE TABLE a (x)", "0001_b": "INSERT INTO a VALUES (1)" });
      await migrate(client, { dir, onEvent });
      expect(events.filter((event) => !event.startsWith("run"))).toEqual([
        "begin 0000_a+0001_b",
        "commit 0000_a+0001_b",
      ]);
    });

    test("a file of comments is recorded", async () => {
      const client = await open();
      const dir = await writeFolder({ "0000_custom": "-- Custom SQL migration file, put your code below! --" });
      expect(await migrate(client, { dir })).toMatchObject({ applied: ["0000_custom"] });
      expect(await status(client, { dir })).toMatchObject({ state: "up-to-date" });
    });

    test("a table of somebody else in the ledger's place is left alone", async () => {
      const client = await open();
      await client.execute("CREATE TABLE __drizzle_migrations (hash, created_at)");
      await client.execute("INSERT INTO __drizzle_migrations VALUES (1, 'yesterday')");
      expect(await failure(migrate(client, { dir: blogDir }))).toMatchObject({ code: "LEDGER_INVALID" });
      expect(await migrate(client, { dir: blogDir, ledgerTable: "applied" })).toMatchObject({
        applied: blogMigrations,
      });
      expect(await countsOf(client, "applied", "__drizzle_migrations")).toEqual({
        applied: 2,
        __drizzle_migrations: 1,
      });
    });

    test("a writer that stays too long is named, and nothing is changed", async () => {
      const client = await open();
      const writer = await client.transaction("write");
      await writer.execute("CREATE TABLE held (x)");
      expect(await failure(migrate(client, { dir: blogDir, lockTimeoutMs: 50 }))).toMatchObject({
        code: "TENANT_BUSY",
        isRetryable: true,
      });
      await writer.rollback();
      expect(await migrate(client, { dir: blogDir })).toMatchObject({ state: "migrated" });
    });

    test("a foreign key that is broken at the COMMIT undoes everything", async () => {
      const client = await open();
      const base = {
        "0000_base":
          "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED);" +
          "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);",
      };
      await migrate(client, { dir: await writeFolder(base) });
      const dir = await writeFolder({ ...base, "0001_change": "DELETE FROM p;" });
      const error = await failure(migrate(client, { dir }));
      expect(error).toMatchObject({
        code: "MIGRATION_FAILED",
        migration: "0001_change",
        applied: [],
        pending: ["0001_change"],
      });
      expect(await countsOf(client, "p", "c", "__drizzle_migrations")).toEqual({ p: 1, c: 1, __drizzle_migrations: 1 });
    });

    test("calls at the same time on one client apply each migration once", async () => {
      const client = await open();
      const results = await Promise.all(Array.from({ length: 8 }, () => migrate(client, { dir: blogDir })));
      expect(results.flatMap(({ applied }) => applied)).toEqual(blogMigrations);
    });

    test("a signal that has fired stops it before anything is done", async () => {
      const client = await open();
      expect(await failure(migrate(client, { dir: blogDir, signal: AbortSignal.abort() }))).toMatchObject({
        code: "ABORTED",
      });
      expect(await schemaOf(client)).toEqual([]);
    });
  });
}
