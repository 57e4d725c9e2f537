import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient as createPeer } from "@libsql/client";
import { LibsqlDialect } from "@libsql/kysely-libsql";
import { createClient } from "@litefleet/driver";
import { LitefleetDialect } from "@litefleet/kysely-dialect";
import { Kysely } from "kysely";
import { LibSQLDialect as TursoDialect } from "kysely-turso/libsql";
import { benchKyselyStream } from "./kysely-stream.ts";
import { measure } from "./measure.ts";
import type { Contender } from "./measure.ts";
import type { Report } from "./report.ts";

interface Tables {
  t: { id: number; name: string; score: number; note: string };
  log: { a: number; b: string };
}

const rows = 10_000;

/**
 * The Kysely dialect against those for libSQL, as they install: each runs the same queries on a file of the same content. The file
 * lies in memory where the system has such a folder, so that what is compared is the work of a call and not the disk's.
 */
export async function benchKysely(report: Report): Promise<void> {
  const folder = await mkdtemp(join(await memoryFolder(), "litefleet-bench-kysely-"));
  try {
    await benchCalls(report, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await benchKyselyStream(report);
}

async function benchCalls(report: Report, folder: string): Promise<void> {
  const url = async (name: string): Promise<string> => fill(join(folder, `${name}.db`));
  const contenders = {
    peer: new Kysely<Tables>({ dialect: new LibsqlDialect({ url: await url("peer") }) }),
    turso: new Kysely<Tables>({ dialect: new TursoDialect({ client: createPeer({ url: await url("turso") }) }) }),
    ours: new Kysely<Tables>({ dialect: new LitefleetDialect({ url: await url("ours") }) }),
    sqlite: new Kysely<Tables>({ dialect: new LitefleetDialect({ url: await url("sqlite"), engine: "sqlite" }) }),
  };
  const race = (
    times: number,
    run: (db: Kysely<Tables>, i: number) => Promise<unknown>,
  ): Promise<Map<string, number>> =>
    measure(Object.entries(contenders).map(([name, db]) => each(name, times, (i) => run(db, i))));

  const point = await race(20_000, (db, i) => db.selectFrom("t").selectAll().where("id", "=", i).executeTakeFirst());
  report.figure("by id against kysely-libsql", ratio(point, "peer", "ours"), "×", { atLeast: 2 });
  report.figure("by id against kysely-turso", ratio(point, "turso", "ours"), "×");
  report.figure("engine sqlite: by id against kysely-libsql", ratio(point, "peer", "sqlite"), "×", { atLeast: 2.5 });

  const many = await race(500, (db) => db.selectFrom("t").selectAll().limit(100).execute());
  report.figure("100 rows against kysely-libsql", ratio(many, "peer", "ours"), "×", { atLeast: 2 });
  report.figure("100 rows against kysely-turso", ratio(many, "turso", "ours"), "×");
  report.figure("engine sqlite: 100 rows against kysely-libsql", ratio(many, "peer", "sqlite"), "×", { atLeast: 4 });

  const insert = await race(20_000, (db, i) => db.insertInto("log").values({ a: i, b: "x" }).execute());
  report.figure("insert against kysely-libsql", ratio(insert, "peer", "ours"), "×", { atLeast: 1.5 });
  report.figure("insert against kysely-turso", ratio(insert, "turso", "ours"), "×");
  report.figure("engine sqlite: insert against kysely-libsql", ratio(insert, "peer", "sqlite"), "×");

  const transaction = await race(5_000, (db, i) =>
    db.transaction().execute(async (trx) => {
      await trx.insertInto("log").values({ a: i, b: "x" }).execute();
      await trx.insertInto("log").values({ a: i, b: "y" }).execute();
    }),
  );
  report.figure("transaction of two against kysely-libsql", ratio(transaction, "peer", "ours"), "×", { atLeast: 4 });
  report.figure("transaction of two against kysely-turso", ratio(transaction, "turso", "ours"), "×", { atLeast: 1.5 });
  report.figure("engine sqlite: transaction of two against kysely-libsql", ratio(transaction, "peer", "sqlite"), "×");
  await Promise.all(Object.values(contenders).map((db) => db.destroy()));
}

async function memoryFolder(): Promise<string> {
  try {
    await access("/dev/shm");
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}

async function fill(file: string): Promise<string> {
  const url = `file:${file}`;
  await using client = createClient({ url });
  await client.execute("PRAGMA journal_mode = WAL");
  await client.executeMultiple(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, score REAL, note TEXT); CREATE TABLE log (a INTEGER, b TEXT)",
  );
  await client.batch(
    Array.from({ length: rows }, (_, i) => ({
      sql: "INSERT INTO t VALUES (?, ?, ?, ?)",
      args: [i, `name ${i}`, i * 1.5, `a note of some length about row ${i}`],
    })),
    "write",
  );
  return url;
}

function each(name: string, times: number, call: (i: number) => Promise<unknown>): Contender {
  return {
    name,
    times,
    async work(count) {
      for (let i = 0; i < count; i += 1) await call(i % rows);
    },
  };
}

function ratio(medians: Map<string, number>, above: string, below: string): number {
  return (medians.get(above) ?? Number.NaN) / (medians.get(below) ?? Number.NaN);
}
