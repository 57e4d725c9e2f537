import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient as createPeer } from "@libsql/client";
import { createClient } from "@litefleet/driver";
import { drizzle } from "@litefleet/drizzle-adapter";
import BetterSqlite from "better-sqlite3";
import { eq, lt, sql } from "drizzle-orm";
import { drizzle as drizzleBetter } from "drizzle-orm/better-sqlite3";
import { drizzle as drizzleLibsql } from "drizzle-orm/libsql";
import { integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { measure } from "./measure.ts";
import type { Contender } from "./measure.ts";
import type { Report } from "./report.ts";

const people = sqliteTable("people", {
  id: integer().primaryKey(),
  name: text().notNull(),
  score: real().notNull(),
  isActive: integer("is_active", { mode: "boolean" }).notNull(),
  note: text(),
});
const log = sqliteTable("log", { id: integer().primaryKey(), personId: integer("person_id").notNull(), what: text() });

const rows = 1_000;

/** Drizzle on our adapter against Drizzle on its own drivers. The file lies in memory, so that overhead is what is seen. */
export async function benchDrizzle(report: Report): Promise<void> {
  const folder = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "litefleet-bench-"));
  try {
    await againstLibsql(report, join(folder, "libsql.db"));
    await againstBetterSqlite(report, join(folder, "sqlite.db"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function againstLibsql(report: Report, file: string): Promise<void> {
  // A file for each: on one, the writes of either are checkpointed by the other.
  const peerFile = `${file}.peer`;
  for (const path of [file, peerFile]) await fill(path, "libsql");
  const peerClient = createPeer({ url: `file:${peerFile}` });
  const ourClient = createClient({ url: `file:${file}` });
  const peer = drizzleLibsql(peerClient);
  const ours = drizzle(ourClient);
  const peerWork = queries(peer);
  const ourWork = queries(ours);
  const compare = async (name: string, key: keyof typeof peerWork, times: number, atLeast: number): Promise<void> => {
    const found = await measure([each("peer", times, peerWork[key]), each("ours", times * 2, ourWork[key])]);
    report.figure(`${name}, against drizzle-orm/libsql`, ratio(found, "peer", "ours"), "×", { atLeast });
  };
  await compare("by id, prepared", "byIdPrepared", 4_000, 3);
  await compare("by id", "byId", 3_000, 1.7);
  await compare("100 rows, prepared", "hundredPrepared", 400, 2);
  await compare("insert", "insert", 3_000, 2);
  await compare("transaction of two updates", "transaction", 3_000, 3);
  peerClient.close();
  ourClient.close();
}

async function againstBetterSqlite(report: Report, file: string): Promise<void> {
  await fill(file, "sqlite");
  const libsqlFile = `${file}.libsql`;
  await fill(libsqlFile, "libsql");
  const peerClient = createPeer({ url: `file:${libsqlFile}` });
  const ourClient = createClient({ url: `file:${file}`, engine: "sqlite" });
  const database = new BetterSqlite(file);
  const betterById = drizzleBetter(database)
    .select()
    .from(people)
    .where(eq(people.id, sql.placeholder("id")))
    .prepare();
  const found = await measure([
    each("peer", 4_000, queries(drizzleLibsql(peerClient)).byIdPrepared),
    each("ours", 8_000, queries(drizzle(ourClient)).byIdPrepared),
    each("better", 8_000, async (id) => betterById.get({ id })),
  ]);
  report.figure("by id, prepared, engine sqlite, against drizzle-orm/libsql", ratio(found, "peer", "ours"), "×", {
    atLeast: 7,
  });
  report.figure("the same, times the time of drizzle-orm/better-sqlite3", ratio(found, "ours", "better"), "×", {
    atMost: 2,
  });
  peerClient.close();
  ourClient.close();
  database.close();
}

type Database = Pick<ReturnType<typeof drizzle>, "select" | "insert" | "update" | "transaction">;

/** The work of both sides, in the same words. */
function queries(db: ReturnType<typeof drizzleLibsql> | ReturnType<typeof drizzle>) {
  // One API under two types, of which TypeScript cannot make a union's call.
  const { select } = { select: (db as Database).select.bind(db) };
  const byId = select()
    .from(people)
    .where(eq(people.id, sql.placeholder("id")))
    .prepare();
  const hundred = select().from(people).where(lt(people.id, 101)).prepare();
  const same = db as Database;
  return {
    byIdPrepared: (id: number) => byId.get({ id }),
    byId: (id: number) => same.select().from(people).where(eq(people.id, id)).get(),
    hundredPrepared: () => hundred.all(),
    insert: (i: number) => same.insert(log).values({ personId: i, what: "seen" }),
    transaction: (i: number) =>
      same.transaction(async (tx) => {
        await tx.update(people).set({ score: i }).where(eq(people.id, i));
        await tx
          .update(people)
          .set({ score: i })
          .where(eq(people.id, (i % rows) + 1));
      }),
  };
}

async function fill(file: string, engine: "libsql" | "sqlite"): Promise<void> {
  const client = createClient({ url: `file:${file}`, engine });
  await client.execute("PRAGMA journal_mode = WAL");
  await client.executeMultiple(
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, score REAL NOT NULL, is_active INTEGER NOT NULL, note TEXT);" +
      "CREATE TABLE log (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL, what TEXT)",
  );
  const values = Array.from({ length: rows }, (_, i) => [`person ${i}`, i / 7, i % 2, i % 3 === 0 ? null : "a note"]);
  await client.batch(
    values.map((args) => ({ sql: "INSERT INTO people (name, score, is_active, note) VALUES (?, ?, ?, ?)", args })),
    "write",
  );
  client.close();
}

function each(name: string, times: number, work: (id: number) => PromiseLike<unknown>): Contender {
  let id = 0;
  return {
    name,
    times,
    async work(count) {
      for (let i = 0; i < count; i += 1) await work((id = (id % rows) + 1));
    },
  };
}

function ratio(found: ReadonlyMap<string, number>, of: string, to: string): number {
  return (found.get(of) ?? Number.NaN) / (found.get(to) ?? Number.NaN);
}
