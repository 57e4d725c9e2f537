import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { onEachDatabase } from "./databases.ts";
import { kinds, users } from "./schema.ts";

const full = {
  id: 1,
  flag: true,
  seconds: new Date("2026-02-03T04:05:06Z"),
  milliseconds: new Date("2026-02-03T04:05:06.789Z"),
  ratio: 0.1,
  price: "12.5",
  list: ["a", "ü"],
  bytes: Buffer.from([0, 1, 255]),
  document: { tags: ["x", "é"] },
  large: 2n ** 70n,
  hex: "00ff10",
};

const empty = {
  flag: null,
  seconds: null,
  milliseconds: null,
  ratio: null,
  price: null,
  list: null,
  bytes: null,
  document: null,
  large: null,
  hex: null,
};

onEachDatabase((current) => {
  test("every kind of column comes back as it was written", async () => {
    const { db } = current();
    await db.insert(kinds).values([full, { id: 2 }]);
    const read = await db.select().from(kinds).orderBy(kinds.id);
    expect(read).toStrictEqual([full, { id: 2, ...empty }]);
    expect(Buffer.isBuffer(read[0]?.bytes)).toBe(true);
    expect(await db.select().from(kinds).where(eq(kinds.id, 1)).get()).toStrictEqual(full);
  });

  test("relational queries and batches decode blobs as select does", async () => {
    const { db } = current();
    const [inserted, selected, first] = await db.batch([
      db.insert(kinds).values(full).returning(),
      db.select().from(kinds),
      db.query.kinds.findFirst(),
    ]);
    expect(inserted).toStrictEqual([full]);
    expect(selected).toStrictEqual([full]);
    expect(first).toStrictEqual(full);
    expect(await db.query.kinds.findFirst()).toStrictEqual(full);
  });

  test("a blob of no bytes stays a blob", async () => {
    const { db } = current();
    await db.insert(kinds).values({ id: 1, bytes: Buffer.alloc(0) });
    expect(await db.select({ bytes: kinds.bytes }).from(kinds).get()).toStrictEqual({ bytes: Buffer.alloc(0) });
  });

  test("values and SQL given as text hand out blobs as the driver does", async () => {
    const { db } = current();
    await db.insert(kinds).values({ id: 1, bytes: Buffer.from([1, 2, 3]) });
    const expected = new Uint8Array([1, 2, 3]).buffer;
    expect(await db.select({ bytes: kinds.bytes }).from(kinds).values()).toStrictEqual([[expected]]);
    expect(await db.all("select bytes from kinds")).toStrictEqual([{ bytes: expected }]);
  });

  test("an integer that a column of numbers could not give back is refused before anything is stored", async () => {
    const { db } = current();
    const unsafe = 2 ** 60;
    await expect(db.insert(users).values({ id: unsafe, name: "x" })).rejects.toBeInstanceOf(RangeError);
    await expect(
      db.batch([db.insert(users).values([{ name: "y" }, { id: unsafe, name: "x" }])]),
    ).rejects.toBeInstanceOf(RangeError);
    const add = db
      .insert(users)
      .values({ id: sql.placeholder("id"), name: "x" })
      .prepare();
    await expect(add.run({ id: 2n ** 60n })).rejects.toBeInstanceOf(RangeError);
    expect(await db.$count(users)).toBe(0);
    await db.insert(users).values({ id: Number.MAX_SAFE_INTEGER, name: "x" });
    await db.insert(kinds).values({ id: 1, ratio: 2 ** 60 });
    expect(
      await db
        .select({ id: users.id, ratio: kinds.ratio })
        .from(users)
        .innerJoin(kinds, sql`true`),
    ).toStrictEqual([{ id: Number.MAX_SAFE_INTEGER, ratio: 2 ** 60 }]);
  });

  test("an integer that was stored by other means is an error when it is read, not another number", async () => {
    const { db } = current();
    await db.run(sql`insert into users (id, name) values (9007199254740993, 'x')`);
    const error: unknown = await db
      .select()
      .from(users)
      .catch((reason: unknown) => reason);
    expect((error as Error).cause ?? error).toBeInstanceOf(RangeError);
  });
});
