// One of the dialects that `kysely.ts` compares, in a process of its own: does what the messages ask for, and says when it is done.
import { createClient as createPeer } from "@libsql/client";
import { LibsqlDialect } from "@libsql/kysely-libsql";
import { LitefleetDialect } from "@litefleet/kysely-dialect";
import { Kysely } from "kysely";
import type { Dialect } from "kysely";
import { LibSQLDialect as TursoDialect } from "kysely-turso/libsql";
import { collectGarbage, turn } from "./settle.ts";

/** What a contender is asked for: to do a task `times` times, or to collect its garbage. */
export type KyselyOrder = { readonly task: KyselyTask; readonly times: number } | "collect";

/** What all of them do. */
export type KyselyTask = "point" | "many" | "insert" | "transaction";

interface Tables {
  t: { id: number; name: string; score: number; note: string };
  log: { a: number; b: string };
}

const dialects: Readonly<Record<string, (url: string) => Dialect>> = {
  peer: (url) => new LibsqlDialect({ url }),
  turso: (url) => new TursoDialect({ client: createPeer({ url }) }),
  ours: (url) => new LitefleetDialect({ url }),
  sqlite: (url) => new LitefleetDialect({ url, engine: "sqlite" }),
};

const tasks: Readonly<Record<KyselyTask, (db: Kysely<Tables>, i: number) => Promise<unknown>>> = {
  point: (db, i) => db.selectFrom("t").selectAll().where("id", "=", i).executeTakeFirst(),
  many: (db) => db.selectFrom("t").selectAll().limit(100).execute(),
  insert: (db, i) => db.insertInto("log").values({ a: i, b: "x" }).execute(),
  transaction: (db, i) =>
    db.transaction().execute(async (trx) => {
      await trx.insertInto("log").values({ a: i, b: "x" }).execute();
      await trx.insertInto("log").values({ a: i, b: "y" }).execute();
    }),
};

const [name = "", url = "", rows = ""] = process.argv.slice(2);
const dialect = dialects[name];
if (dialect === undefined) throw new Error(`There is no contender ${name}`);
const db = new Kysely<Tables>({ dialect: dialect(url) });

async function obey(order: KyselyOrder): Promise<void> {
  if (order === "collect") {
    collectGarbage();
  } else {
    for (let i = 0; i < order.times; i += 1) await tasks[order.task](db, i % Number(rows));
  }
  await turn();
}

process.on("message", (order: KyselyOrder) => {
  void obey(order).then(() => process.send?.("done"));
});
process.once("disconnect", () => process.exit());
