import { asc, eq, sql, TransactionRollbackError } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { driverError, drizzle, type LitefleetDatabase, type TransactionBehavior } from "../src/index.ts";
import { onEachDatabase } from "./databases.ts";
import * as schema from "./schema.ts";
import { users } from "./schema.ts";

type Database = LitefleetDatabase<typeof schema>;

async function names(db: Pick<Database, "select">): Promise<string[]> {
  const rows = await db.select({ name: users.name }).from(users).orderBy(asc(users.id));
  return rows.map((row) => row.name);
}

onEachDatabase((current) => {
  test("a transaction commits what its callback did and answers with its result", async () => {
    const { db } = current();
    const id = await db.transaction(async (tx) => {
      const [row] = await tx.insert(users).values({ name: "Ada" }).returning({ id: users.id });
      expect(await tx.query.users.findMany()).toHaveLength(1);
      return row?.id;
    });
    expect(id).toBe(1);
    expect(await names(db)).toStrictEqual(["Ada"]);
  });

  test("a transaction whose callback rejects leaves nothing and rejects with the same error", async () => {
    const { db } = current();
    const failure = new Error("changed my mind");
    const transaction = db.transaction(async (tx) => {
      await tx.insert(users).values({ name: "Ada" });
      throw failure;
    });
    await expect(transaction).rejects.toBe(failure);
    expect(await names(db)).toStrictEqual([]);
  });

  test("tx.rollback() leaves nothing and rejects with drizzle's error", async () => {
    const { db } = current();
    const transaction = db.transaction(async (tx) => {
      await tx.insert(users).values({ name: "Ada" });
      tx.rollback();
    });
    await expect(transaction).rejects.toBeInstanceOf(TransactionRollbackError);
    expect(await names(db)).toStrictEqual([]);
  });

  test("the user's error is not masked when the transaction is already gone", async () => {
    const { db } = current();
    const failure = new Error("mine");
    const transaction = db.transaction(async (tx) => {
      await tx.insert(users).values({ name: "Ada" });
      await tx.run(sql`rollback`).catch(() => {});
      throw failure;
    });
    await expect(transaction).rejects.toBe(failure);
    expect(await names(db)).toStrictEqual([]);
  });

  test("the error of a query keeps the driver's code, and the transaction leaves nothing", async () => {
    const { db } = current();
    await db.insert(users).values({ name: "Ada", email: "ada@example.org" });
    const error: unknown = await db
      .transaction(async (tx) => {
        await tx.insert(users).values({ name: "Bob" });
        await tx.insert(users).values({ name: "Cleo", email: "ada@example.org" });
      })
      .catch((reason: unknown) => reason);
    expect(driverError(error)).toMatchObject({ code: "SQLITE_CONSTRAINT", extendedCode: "SQLITE_CONSTRAINT_UNIQUE" });
    expect(await names(db)).toStrictEqual(["Ada"]);
  });

  test("a query of a transaction that is over is refused", async () => {
    const { db } = current();
    const late = await db.transaction(async (tx) => tx.select().from(users).prepare());
    const error: unknown = await late.all().catch((reason: unknown) => reason);
    expect(driverError(error)?.code).toBe("TRANSACTION_CLOSED");
  });

  test("a nested transaction that fails undoes its own part only", async () => {
    const { db } = current();
    await db.transaction(async (tx) => {
      await tx.insert(users).values({ name: "outer" });
      await expect(
        tx.transaction(async (nested) => {
          await nested.insert(users).values({ name: "undone" });
          await nested.transaction(async (inner) => {
            await inner.insert(users).values({ name: "undone too" });
          });
          nested.rollback();
        }),
      ).rejects.toBeInstanceOf(TransactionRollbackError);
      await tx.transaction(async (nested) => {
        await nested.insert(users).values({ name: "kept" });
      });
    });
    expect(await names(db)).toStrictEqual(["outer", "kept"]);
  });

  test("of parallel nested transactions each fails or holds on its own", async () => {
    const { db } = current();
    const outcome = await db.transaction(async (tx) =>
      Promise.allSettled(
        ["a", "b", "c", "d"].map((name, index) =>
          tx.transaction(async (nested) => {
            await nested.insert(users).values({ name });
            if (index % 2 === 1) throw new Error(name);
            return name;
          }),
        ),
      ),
    );
    expect(outcome.map(({ status }) => status)).toStrictEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
    expect((await names(db)).toSorted()).toStrictEqual(["a", "c"]);
  });

  test("a batch inside a transaction belongs to it", async () => {
    const { db } = current();
    const failure = new Error("after the batch");
    const transaction = db.transaction(async (tx) => {
      const [inserted, all] = await tx.batch([
        tx.insert(users).values({ name: "Ada" }).returning({ name: users.name }),
        tx.query.users.findMany({ columns: { name: true } }),
      ]);
      expect(inserted).toStrictEqual([{ name: "Ada" }]);
      expect(all).toStrictEqual([{ name: "Ada" }]);
      throw failure;
    });
    await expect(transaction).rejects.toBe(failure);
    expect(await names(db)).toStrictEqual([]);
  });

  describe.each<TransactionBehavior>(["deferred", "immediate", "exclusive", "concurrent"])(
    "behavior %s",
    (behavior) => {
      test("parallel transactions all hold", async () => {
        const { db } = current();
        await db.insert(users).values({ id: 1, name: "0" });
        await Promise.all(
          Array.from({ length: 8 }, () =>
            db.transaction(
              async (tx) => {
                if (behavior === "deferred") await tx.update(users).set({ name: users.name }).where(eq(users.id, 1));
                const row = await tx.select().from(users).where(eq(users.id, 1)).get();
                await tx
                  .update(users)
                  .set({ name: String(Number(row?.name) + 1) })
                  .where(eq(users.id, 1));
              },
              { behavior },
            ),
          ),
        );
        expect(await names(db)).toStrictEqual(["8"]);
      });
    },
  );

  test("a signal that has fired stops the transaction before it begins", async () => {
    const { db } = current();
    let ran = false;
    const transaction = db.transaction(
      async () => {
        ran = true;
      },
      { signal: AbortSignal.abort() },
    );
    const error: unknown = await transaction.catch((reason: unknown) => reason);
    expect(driverError(error)?.code).toBe("ABORTED");
    expect(ran).toBe(false);
  });

  test.each(["timeoutMs", "signal"] as const)(
    "a transaction is given up by %s in the midst of its callback, and leaves nothing",
    async (by) => {
      const { db } = current();
      const controller = new AbortController();
      const transaction = db.transaction(
        async (tx) => {
          await tx.insert(users).values({ name: "Ada" });
          controller.abort();
          await new Promise(() => {});
        },
        by === "signal" ? { signal: controller.signal } : { timeoutMs: 100 },
      );
      const error: unknown = await transaction.catch((reason: unknown) => reason);
      expect(driverError(error)?.code).toBe(by === "signal" ? "ABORTED" : "TIMEOUT");
      expect(await names(db)).toStrictEqual([]);
      await db.insert(users).values({ name: "Bob" });
    },
  );

  test("reads outside of an open transaction neither wait for it nor see what it wrote", async () => {
    const { db } = current();
    await db.insert(users).values({ name: "Ada" });
    await db.transaction(async (tx) => {
      await tx.insert(users).values({ name: "Bob" });
      expect(await names(db)).toStrictEqual(["Ada"]);
      expect(await db.query.users.findMany({ columns: { name: true } })).toStrictEqual([{ name: "Ada" }]);
      expect(await names(tx)).toStrictEqual(["Ada", "Bob"]);
    });
    expect(await names(db)).toStrictEqual(["Ada", "Bob"]);
  });

  test("transactions of two databases on the same place take turns, too", async () => {
    const { db, config } = current();
    await db.insert(users).values({ id: 1, name: "" });
    const other = drizzle(config, { schema });
    const append = (on: typeof db, mark: string) =>
      on.transaction(async (tx) => {
        const row = await tx.select().from(users).get();
        await tx.update(users).set({ name: `${row?.name}${mark}` });
      });
    await Promise.all(Array.from({ length: 6 }, (_, i) => append(i % 2 === 0 ? db : other, String(i))));
    other.$client.close();
    expect((await names(db))[0]?.length).toBe(6);
  });

  test("an unknown behavior is refused before anything begins", async () => {
    const { db } = current();
    const behavior = "snapshot" as TransactionBehavior;
    await expect(db.transaction(async () => {}, { behavior })).rejects.toBeInstanceOf(TypeError);
  });
});
