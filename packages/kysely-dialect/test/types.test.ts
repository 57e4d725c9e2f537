import type { Client } from "@litefleet/driver";
import { Kysely } from "kysely";
import type { DatabaseConnection, Dialect, Transaction } from "kysely";
import { describe, expectTypeOf, it } from "vitest";
import { concurrent, LitefleetDialect, transaction } from "../src/index.ts";
import type { TableDetails } from "../src/index.ts";
import type { Tables } from "./databases.ts";

describe("types", () => {
  it("is a dialect, made of a configuration or a client", () => {
    expectTypeOf<LitefleetDialect>().toExtend<Dialect>();
    expectTypeOf<{ url: string; engine: "sqlite" }>().toExtend<ConstructorParameters<typeof LitefleetDialect>[0]>();
    expectTypeOf<{ client: Client; intMode: "bigint" }>().toExtend<ConstructorParameters<typeof LitefleetDialect>[0]>();
    expectTypeOf<{ client: DatabaseConnection }>().not.toExtend<ConstructorParameters<typeof LitefleetDialect>[0]>();
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
