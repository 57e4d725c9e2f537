import type { Client } from "@litefleet/driver";
import { Kysely, sql, SqliteDialect } from "kysely";
import type { DatabaseConnection, Dialect, InferResult, RawBuilder, Transaction } from "kysely";
import { describe, expectTypeOf, it } from "vitest";
import { concurrent, LitefleetDialect, transaction, vectorColumn, vectorDistance } from "../src/index.ts";
import type { NearestOptions, NearestRow, TableDetails } from "../src/index.ts";
import type { Tables } from "./databases.ts";

describe("types", () => {
  it("is a dialect, made of a configuration or a client", () => {
    expectTypeOf<LitefleetDialect>().toExtend<Dialect>();
    expectTypeOf<{ url: string; engine: "sqlite" }>().toExtend<ConstructorParameters<typeof LitefleetDialect>[0]>();
    expectTypeOf<{ client: Client; intMode: "bigint" }>().toExtend<ConstructorParameters<typeof LitefleetDialect>[0]>();
    expectTypeOf<{ client: DatabaseConnection }>().not.toExtend<ConstructorParameters<typeof LitefleetDialect>[0]>();
  });

  it("infers as over Kysely's own dialect", () => {
    const ours = new Kysely<Tables>({ dialect: new LitefleetDialect({ url: ":memory:" }) });
    const theirs = new Kysely<Tables>({
      dialect: new SqliteDialect({ database: () => Promise.reject(new Error("never opened")) }),
    });
    expectTypeOf(ours).toEqualTypeOf(theirs);
    const query = (db: Kysely<Tables>) =>
      db
        .selectFrom("person")
        .innerJoin("pet", "pet.owner_id", "person.id")
        .selectAll("pet")
        .select("person.name as owner");
    type Row = InferResult<ReturnType<typeof query>>[number];
    expectTypeOf<Row>().toEqualTypeOf<{ id: number; name: string; owner_id: number; owner: string }>();
    expectTypeOf<Awaited<ReturnType<typeof concurrent<Tables, Row>>>>().toEqualTypeOf<Row>();
  });

  it("knows the vectors of the tables", () => {
    type Search = NearestOptions<Tables, "person", "photo", "id">;
    expectTypeOf<Search["column"]>().toEqualTypeOf<"photo">();
    expectTypeOf<Search["select"]>().toEqualTypeOf<readonly "id"[] | undefined>();
    expectTypeOf<NearestRow<Tables, "person", "id" | "name">>().toEqualTypeOf<{
      id: number;
      name: string;
      distance: number;
    }>();
    expectTypeOf(vectorColumn).returns.toEqualTypeOf<RawBuilder<Uint8Array>>();
    expectTypeOf(vectorDistance).returns.toEqualTypeOf<RawBuilder<number>>();
    // @ts-expect-error a column of text has no distance
    void (() => vectorDistance(sql<string>`name`, [1]));
  });

  it("infers rows and results as over any dialect", () => {
    const db = new Kysely<Tables>({ dialect: new LitefleetDialect({ url: ":memory:" }) });
    const select = db.selectFrom("person").select(["id", "name", "age"]);
    expectTypeOf<Awaited<ReturnType<typeof select.execute>>>().toEqualTypeOf<
      { id: number; name: string; age: number | null }[]
    >();
    const insert = db.insertInto("person").values({ name: "Ada" });
    expectTypeOf<Awaited<ReturnType<typeof insert.executeTakeFirstOrThrow>>["insertId"]>().toEqualTypeOf<
      bigint | undefined
    >();
    // @ts-expect-error a column that the table does not have
    db.selectFrom("person").select("no_such_column");
  });

  it("gives callbacks a transaction of the same tables, and answers what they answer", () => {
    const db = new Kysely<Tables>({ dialect: new LitefleetDialect({ url: ":memory:" }) });
    const run = async (): Promise<number> =>
      concurrent(db, async (trx) => {
        expectTypeOf(trx).toEqualTypeOf<Transaction<Tables>>();
        return 1;
      });
    expectTypeOf(run).returns.resolves.toEqualTypeOf<number>();
    expectTypeOf(transaction<Tables, string>).returns.resolves.toEqualTypeOf<string>();
    // @ts-expect-error the mode of concurrent() is given
    void (() => concurrent(db, async () => 1, { mode: "read" }));
  });

  it("tells more of a table than Kysely's metadata", () => {
    expectTypeOf<TableDetails["kind"]>().toEqualTypeOf<"table" | "view" | "virtual">();
    expectTypeOf<TableDetails["columns"][number]["generated"]>().toEqualTypeOf<"virtual" | "stored" | undefined>();
  });
});
