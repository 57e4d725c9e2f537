import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@litefleet/driver";
import { PrismaLitefleet } from "@litefleet/prisma-adapter";
import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import type { SqlDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import { generatePrismaClient } from "./generate-prisma-client.ts";
import { measure } from "./measure.ts";
import type { Contender } from "./measure.ts";
import { replaying } from "./prisma-replay.ts";
import type { Report } from "./report.ts";

/** What is used of the generated client, which is imported at run time. */
interface Client {
  readonly person: {
    findUnique(args: object): PromiseLike<unknown>;
    findMany(args: object): PromiseLike<unknown>;
    update(args: object): PromiseLike<unknown>;
  };
  readonly seen: { create(args: object): PromiseLike<unknown> };
  $transaction(work: (tx: Client) => Promise<void>): Promise<void>;
  $disconnect(): Promise<void>;
}

const rows = 1_000;

/**
 * Prisma on our adapter against Prisma on its own ones, each on a file of the same content. The files lie in memory where the
 * system has such a folder, so that what is compared is the work of a call and not the disk's. Most of a call is Prisma's own work:
 * what an adapter without a database would reach stands below each figure.
 */
export async function benchPrisma(report: Report): Promise<void> {
  const folder = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "litefleet-bench-prisma-"));
  const url = async (name: string): Promise<string> => fill(join(folder, `${name}.db`));
  const { PrismaClient } = (await import(await generatePrismaClient())) as {
    PrismaClient: new (options: { adapter: SqlDriverAdapterFactory }) => Client;
  };
  const clients = {
    peer: new PrismaClient({ adapter: new PrismaLibSql({ url: await url("peer") }) }),
    ours: new PrismaClient({ adapter: new PrismaLitefleet({ url: await url("ours") }) }),
    better: new PrismaClient({ adapter: new PrismaBetterSqlite3({ url: await url("better") }) }),
    sqlite: new PrismaClient({ adapter: new PrismaLitefleet({ url: await url("sqlite"), engine: "sqlite" }) }),
    none: new PrismaClient({ adapter: replaying(new PrismaLitefleet({ url: await url("none") })) }),
  };
  const race = async (name: string, times: number, atLeast: number, run: Run): Promise<void> => {
    const found = await measure(Object.entries(clients).map(([of, client]) => each(of, times, client, run)));
    const of = (contender: string): number => found.get(contender) ?? Number.NaN;
    report.figure(`${name} against adapter-libsql`, of("peer") / of("ours"), "×", { atLeast });
    report.figure("  an adapter that only repeats answers would reach", of("peer") / of("none"), "×");
    report.figure("  engine sqlite, times adapter-better-sqlite3", of("sqlite") / of("better"), "×", { atMost: 1.1 });
  };
  try {
    await race("by id", 2_000, 1.2, (prisma, id) => prisma.person.findUnique({ where: { id } }));
    await race("100 rows", 400, 1.6, (prisma) => prisma.person.findMany({ take: 100 }));
    await race("insert", 2_000, 1.5, (prisma, id) => prisma.seen.create({ data: { personId: id, what: "seen" } }));
    await race("interactive transaction of two updates", 600, 3.5, (prisma, id) =>
      prisma.$transaction(async (tx) => {
        await tx.person.update({ where: { id }, data: { score: id / 3 } });
        await tx.person.update({ where: { id: (id % rows) + 1 }, data: { score: id / 7 } });
      }),
    );
  } finally {
    await Promise.all(Object.values(clients).map((client) => client.$disconnect()));
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(file: string): Promise<string> {
  const url = `file:${file}`;
  await using client = createClient({ url });
  await client.execute("PRAGMA journal_mode = WAL");
  await client.executeMultiple(`
    CREATE TABLE "Person" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT NOT NULL, "score" REAL NOT NULL,
      "active" BOOLEAN NOT NULL, "note" TEXT);
    CREATE TABLE "Seen" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "personId" INTEGER NOT NULL, "what" TEXT NOT NULL);
  `);
  await client.batch(
    Array.from({ length: rows }, (_, i) => ({
      sql: 'INSERT INTO "Person" ("name", "score", "active", "note") VALUES (?, ?, ?, ?)',
      args: [`person ${i}`, i / 7, i % 2, i % 3 === 0 ? null : "a note"],
    })),
    "write",
  );
  return url;
}

type Run = (prisma: Client, id: number) => PromiseLike<unknown>;

function each(name: string, times: number, client: Client, run: Run): Contender {
  let id = 0;
  return {
    name,
    times,
    async work(count) {
      for (let i = 0; i < count; i += 1) await run(client, (id = (id % rows) + 1));
    },
  };
}
