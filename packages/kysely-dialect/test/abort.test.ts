import type { Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { transaction } from "../src/index.ts";
import { collect, createDatabase, createTables, databaseNames, names } from "./databases.ts";
import type { Tables, TestDatabase } from "./databases.ts";

describe.each(databaseNames)("abort signals on %s", (name) => {
  let database: TestDatabase;
  let db: Kysely<Tables>;

  beforeEach(async () => {
    database = await createDatabase(name);
    db = database.open();
    await createTables(db);
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await database[Symbol.asyncDispose]();
  });

  it("does nothing when aborted before", async () => {
    const reason = new Error("before");
    const insert = db.insertInto("person").values({ name: "Edsger" });
    await expect(insert.execute({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });

  it("is not disturbed by a signal that never fires", async () => {
    const { signal } = new AbortController();
    expect(await db.selectFrom("person").select("name").orderBy("id").execute({ signal })).toHaveLength(2);
    expect(await collect(db.selectFrom("person").select("name").stream({ signal, chunkSize: 1 }))).toHaveLength(2);
  });

  it('keeps a write that waits for its turn from running, with "cancel query"', async () => {
    // Kysely says on the console that the cancelled query failed.
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const reason = new Error("during");
    const controller = new AbortController();
    const trx = await db.startTransaction().execute();
    const waiting = db
      .insertInto("person")
      .values({ name: "Edsger" })
      .execute({ signal: controller.signal, inflightQueryAbortStrategy: "cancel query" });
    setImmediate(() => controller.abort(reason));
    await expect(waiting).rejects.toBe(reason);
    await trx.commit().execute();
    await db.insertInto("person").values({ name: "Barbara" }).execute();
    expect(await names(db)).toEqual(["Ada", "Grace", "Barbara"]);
  });

  it("lets the write run, unheard, with Kysely's default", async () => {
    const reason = new Error("during");
    const controller = new AbortController();
    const trx = await db.startTransaction().execute();
    const waiting = db.insertInto("person").values({ name: "Edsger" }).execute({ signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(waiting).rejects.toBe(reason);
    await trx.commit().execute();
    await db.insertInto("person").values({ name: "Barbara" }).execute();
    // Which of the two a server lets write first is its own affair.
    const byName = async (): Promise<string[]> => (await names(db)).toSorted();
    await expect.poll(byName, { timeout: 10_000 }).toEqual(["Ada", "Barbara", "Edsger", "Grace"]);
  });

  it('ends the transaction around the query with "kill session"', async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const reason = new Error("enough");
    const controller = new AbortController();
    const other = await db.startTransaction().execute();
    await other.insertInto("person").values({ name: "Barbara" }).execute();
    const killed = transaction(
      db,
      async (trx) => {
        expect(await names(trx)).toEqual(["Ada", "Grace"]);
        // It waits for the other transaction.
        const waiting = trx
          .insertInto("person")
          .values({ name: "Edsger" })
          .execute({ signal: controller.signal, inflightQueryAbortStrategy: "kill session" });
        setTimeout(() => controller.abort(reason), 50);
        await expect(waiting).rejects.toBe(reason);
        return names(trx);
      },
      { mode: "deferred" },
    );
    await expect(killed).rejects.toMatchObject({ code: "TRANSACTION_CLOSED" });
    await other.commit().execute();
    expect(await names(db)).toEqual(["Ada", "Grace", "Barbara"]);
  });

  it('ends a query outside of transactions with "kill session" as with "cancel query"', async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const reason = new Error("enough");
    const controller = new AbortController();
    const trx = await db.startTransaction().execute();
    const waiting = db
      .insertInto("person")
      .values({ name: "Edsger" })
      .execute({ signal: controller.signal, inflightQueryAbortStrategy: "kill session" });
    setImmediate(() => controller.abort(reason));
    await expect(waiting).rejects.toBe(reason);
    await trx.insertInto("person").values({ name: "Barbara" }).execute();
    await trx.commit().execute();
    expect(await names(db)).toEqual(["Ada", "Grace", "Barbara"]);
  });

  it("ends a stream, and gives its connection back", async () => {
    const complaints = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const reason = new Error("enough");
    const controller = new AbortController();
    const seen: string[] = [];
    const stream = db.selectFrom("person").select("name").stream({ signal: controller.signal, chunkSize: 1 });
    const read = async (): Promise<void> => {
      for await (const row of stream) {
        seen.push(row.name);
        controller.abort(reason);
      }
    };
    await expect(read()).rejects.toBe(reason);
    expect(seen).toHaveLength(1);
    expect(complaints).not.toHaveBeenCalled();
    await db.insertInto("person").values({ name: "Edsger" }).execute();
  });
});
