import { DrizzleQueryError, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { driverError } from "../src/index.ts";
import { onEachDatabase } from "./databases.ts";
import { posts, users } from "./schema.ts";

onEachDatabase((current) => {
  test("the failure of a query names its SQL and keeps the driver's error", async () => {
    const { db } = current();
    await db.insert(users).values({ name: "Ada", email: "ada@example.org" });
    const again = db.insert(users).values({ name: "Bob", email: "ada@example.org" });
    for (const run of [() => again, () => again.returning()]) {
      const error: unknown = await Promise.resolve(run()).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DrizzleQueryError);
      expect((error as DrizzleQueryError).query).toContain('insert into "users"');
      expect(driverError(error)).toMatchObject({ code: "SQLITE_CONSTRAINT", extendedCode: "SQLITE_CONSTRAINT_UNIQUE" });
    }
  });

  test("foreign keys are kept", async () => {
    const { db } = current();
    const error: unknown = await db
      .insert(posts)
      .values({ id: 1, title: "Nobody's", userId: 9 })
      .catch((reason: unknown) => reason);
    expect(driverError(error)).toMatchObject({
      code: "SQLITE_CONSTRAINT",
      extendedCode: "SQLITE_CONSTRAINT_FOREIGNKEY",
    });
  });

  test("two statements in one query are refused before either runs", async () => {
    const { db } = current();
    const error: unknown = await db.all(sql`delete from users; delete from posts`).catch((reason: unknown) => reason);
    expect(driverError(error)?.code).toBe("SQL_MANY_STATEMENTS");
  });

  test("an error that is not the database's has no driver error", () => {
    const circular = new Error("one");
    circular.cause = new Error("two", { cause: circular });
    expect(driverError(circular)).toBeUndefined();
    expect(driverError("text")).toBeUndefined();
  });
});
