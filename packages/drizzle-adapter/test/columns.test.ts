import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { onEachDatabase } from "./databases.ts";
import { kinds } from "./schema.ts";

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
});
