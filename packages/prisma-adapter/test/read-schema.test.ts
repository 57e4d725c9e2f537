import { expect, test } from "vitest";
import { readSchema } from "../src/vectors/read-schema.ts";
import { vectorFieldsOf } from "../src/vectors/vector-field.ts";

const text = `
// model Commented { id Int @id }
datasource db { provider = "sqlite" }
enum model { A }

/// A "quoted" word and a brace } in a comment
model Page {
  id      BigInt @id(map: "pk") @map("page id") // with { braces
  slug    String @unique(sort: Desc) @default("// no comment, \\"}\\"")
  name    String?
  model   model   @default(A)
  first   Unsupported("F32_BLOB(384)")?   @map(name: "first vector")
  second  Unsupported( "float64(2)" ) @ignore
  point   Unsupported("POINT")?
  parent  Page? @relation("tree", fields: [parentId], references: [id], map: "fk")
  parentId BigInt?
  pages   Page[] @relation("tree")

  @@unique([slug(sort: Desc), name])
  @@unique(
    fields: [name, parentId],
    name: "place"
  )
  @@index([name], map: "by_name")
  @@map("all pages")
}

model Pair{
  a Int
  b Int
  @@id([a, b])
}

view Totals {
  page BigInt @unique
}
`;

test("models, fields, columns and what tells a row are read from a Prisma schema", () => {
  const schema = readSchema(text);
  expect([...schema.keys()]).toEqual(["Page", "Pair", "Totals"]);
  const page = schema.get("Page")!;
  expect([...page.fields.keys()]).toEqual([
    "id",
    "slug",
    "name",
    "model",
    "first",
    "second",
    "point",
    "parent",
    "parentId",
    "pages",
  ]);
  expect(page.id).toBe("id");
  expect(Object.fromEntries(page.uniques)).toEqual({
    id: ["id"],
    slug: ["slug"],
    slug_name: ["slug", "name"],
    place: ["name", "parentId"],
  });
  expect(page.fields.get("id")).toMatchObject({ column: "page id", isRequired: true, unsupportedType: undefined });
  expect(page.fields.get("name")).toMatchObject({ column: "name", isRequired: false });
  expect(vectorFieldsOf(page)).toEqual([
    {
      name: "first",
      column: "first vector",
      isRequired: false,
      unsupportedType: "F32_BLOB(384)",
      kind: "f32",
      dimensions: 384,
    },
    { name: "second", column: "second", isRequired: true, unsupportedType: "float64(2)", kind: "f64", dimensions: 2 },
  ]);
  const pair = schema.get("Pair")!;
  expect([pair.id, Object.fromEntries(pair.uniques)]).toEqual([undefined, { a_b: ["a", "b"] }]);
});
