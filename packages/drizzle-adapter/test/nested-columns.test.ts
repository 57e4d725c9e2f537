import { desc, relations, sql } from "drizzle-orm";
import { blob, customType, integer, numeric, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { expect, test } from "vitest";
import { drizzle, f32Vector } from "../src/index.ts";
import { onEachDatabase } from "./databases.ts";

const hexBytes = customType<{ data: string; driverData: Buffer }>({
  dataType: () => "blob",
  toDriver: (hex) => Buffer.from(hex, "hex"),
  fromDriver: (bytes) => bytes.toString("hex"),
});

const parents = sqliteTable("parents", { id: integer().primaryKey() });
const children = sqliteTable("children", {
  id: integer().primaryKey(),
  parentId: integer("parent_id").references(() => parents.id),
  bytes: blob({ mode: "buffer" }),
  document: blob({ mode: "json" }).$type<{ tags: string[] }>(),
  large: blob({ mode: "bigint" }),
  hex: hexBytes(),
  vector: f32Vector("vector", { dimensions: 2 }),
  price: numeric(),
  count: numeric({ mode: "number" }),
  exact: numeric({ mode: "bigint" }),
  ratio: real(),
  name: text(),
});
const schema = {
  parents,
  children,
  parentRelations: relations(parents, ({ many }) => ({ children: many(children) })),
  childRelations: relations(children, ({ one }) => ({
    parent: one(parents, { fields: [children.parentId], references: [parents.id] }),
  })),
};

const child = {
  id: 1,
  parentId: 1,
  bytes: Buffer.from([0, 1, 255]),
  document: { tags: ["x", "é"] },
  large: 2n ** 70n,
  hex: "00ff10",
  vector: [0.5, -1],
  price: "12.5",
  count: Number.MAX_SAFE_INTEGER,
  exact: 2n ** 60n + 1n,
  ratio: 0.1,
  name: "it's",
};
const empty = Object.fromEntries(Object.keys(child).map((key) => [key, null]));

onEachDatabase((current) => {
  async function filled() {
    const db = drizzle(current().client, { schema });
    await db.run(sql`create table parents (id integer primary key)`);
    await db.run(sql`create table children (id integer primary key, parent_id integer, bytes blob, document blob, large blob, hex blob,
      vector f32_blob(2), price numeric, count numeric, exact numeric, ratio real, name text)`);
    await db.insert(parents).values({ id: 1 });
    await db.insert(children).values([child, { id: 2, parentId: 1 }]);
    return db;
  }

  test("every kind of column comes back nested as it was written, from lists, single rows and their limits", async () => {
    const db = await filled();
    const second = { ...empty, id: 2, parentId: 1 };
    expect(await db.query.parents.findMany({ with: { children: true } })).toStrictEqual([
      { id: 1, children: [child, second] },
    ]);
    expect(
      await db.query.parents.findFirst({
        with: { children: { orderBy: desc(children.id), limit: 1, columns: { bytes: true, exact: true } } },
      }),
    ).toStrictEqual({ id: 1, children: [{ bytes: null, exact: null }] });
    const deep = await db.query.children.findFirst({
      columns: { large: true },
      with: {
        parent: {
          with: { children: { columns: { document: true }, extras: { n: sql<number>`length(bytes)`.as("n") } } },
        },
      },
    });
    expect(deep).toStrictEqual({
      large: child.large,
      parent: {
        id: 1,
        children: [
          { document: child.document, n: 3 },
          { document: null, n: null },
        ],
      },
    });
  });

  test("a limit of nested rows holds for each row around them", async () => {
    const db = await filled();
    await db.insert(parents).values([{ id: 2 }, { id: 3 }]);
    await db.insert(children).values([2, 2, 3].map((parentId, i) => ({ id: i + 3, parentId })));
    const found = await db.query.parents.findMany({
      with: { children: { columns: { id: true }, orderBy: children.id, limit: 1 } },
    });
    expect(found.map((parent) => parent.children)).toStrictEqual([[{ id: 1 }], [{ id: 3 }], [{ id: 5 }]]);
  });

  test("text in a column of blobs comes back nested as it does at the top", async () => {
    const db = await filled();
    await db.run(sql`update children set document = '{"tags":["as text"]}', large = '77' where id = 1`);
    const top = await db.query.children.findFirst({ columns: { document: true, large: true } });
    const nested = await db.query.parents.findFirst({
      with: { children: { columns: { document: true, large: true } } },
    });
    expect(nested?.children[0]).toStrictEqual(top);
  });

  test("integers that a column could not give back are refused before they are stored", async () => {
    const db = await filled();
    const refused: (typeof children.$inferInsert)[] = [
      { id: 2 ** 60 },
      { price: "9007199254740993" },
      { price: "99999999999999999999" },
      { count: 2 ** 60 },
      { exact: 2n ** 70n },
    ];
    for (const values of refused) {
      await expect(db.insert(children).values(values)).rejects.toBeInstanceOf(RangeError);
      await expect(db.update(children).set(values)).rejects.toBeInstanceOf(RangeError);
    }
    const byPlaceholder = db
      .insert(children)
      .values({ exact: sql.placeholder("exact") })
      .prepare();
    await expect(byPlaceholder.run({ exact: 2n ** 64n })).rejects.toBeInstanceOf(RangeError);
    expect(await db.$count(children)).toBe(2);
    await byPlaceholder.run({ exact: 2n ** 63n - 1n });
    expect(await db.select({ exact: children.exact }).from(children).orderBy(desc(children.id)).get()).toStrictEqual({
      exact: 2n ** 63n - 1n,
    });
  });

  test("integers that were stored by other means are no other numbers nested", async () => {
    const db = await filled();
    await db.run(sql`insert into parents values (2)`);
    await db.run(sql`insert into children (id, parent_id, price) values (9007199254740993, 2, 9007199254740993)`);
    const nested = (columns: { id?: true; price?: true }) =>
      db.query.parents.findMany({ where: sql`id = 2`, with: { children: { columns } } });
    expect(await nested({ price: true })).toStrictEqual([{ id: 2, children: [{ price: "9007199254740993" }] }]);
    await expect(nested({ id: true })).rejects.toBeInstanceOf(RangeError);
  });
});
