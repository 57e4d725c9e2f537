import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@litefleet/driver";
import type { KyselyOrder, KyselyTask } from "./kysely-contender.ts";
import { benchKyselyStream } from "./kysely-stream.ts";
import { measure } from "./measure.ts";
import type { Contender } from "./measure.ts";
import type { Report } from "./report.ts";

const script = fileURLToPath(new URL("./kysely-contender.ts", import.meta.url));
const names = ["peer", "turso", "ours", "sqlite"];
const rows = 10_000;

/**
 * The Kysely dialect against those for libSQL, as they install: each runs the same queries on a file of the same content, in a
 * process of its own, as an application has one dialect. In one process each would run Kysely's code as compiled for all of them, and pay
 * for the others' garbage. The file lies in memory where the system has such a folder, so that what is compared is the work of a
 * call and not the disk's.
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
  const contenders = new Map<string, ChildProcess>();
  try {
    for (const name of names) {
      const url = await fill(join(folder, `${name}.db`));
      contenders.set(name, fork(script, [name, url, String(rows)]));
    }
    await race(report, contenders);
  } finally {
    for (const contender of contenders.values()) contender.kill();
  }
}

async function race(report: Report, contenders: ReadonlyMap<string, ChildProcess>): Promise<void> {
  const run = (task: KyselyTask, times: number): Promise<Map<string, number>> =>
    measure([...contenders].map(([name, contender]) => each(name, contender, task, times)));

  const point = await run("point", 20_000);
  report.figure("by id against kysely-libsql", ratio(point, "peer", "ours"), "×", { atLeast: 2 });
  report.figure("by id against kysely-turso", ratio(point, "turso", "ours"), "×");
  report.figure("engine sqlite: by id against kysely-libsql", ratio(point, "peer", "sqlite"), "×", { atLeast: 2.5 });

  const many = await run("many", 2_000);
  report.figure("100 rows against kysely-libsql", ratio(many, "peer", "ours"), "×", { atLeast: 2 });
  report.figure("100 rows against kysely-turso", ratio(many, "turso", "ours"), "×");
  report.figure("engine sqlite: 100 rows against kysely-libsql", ratio(many, "peer", "sqlite"), "×", { atLeast: 4 });

  const insert = await run("insert", 20_000);
  report.figure("insert against kysely-libsql", ratio(insert, "peer", "ours"), "×", { atLeast: 1.5 });
  report.figure("insert against kysely-turso", ratio(insert, "turso", "ours"), "×");
  report.figure("engine sqlite: insert against kysely-libsql", ratio(insert, "peer", "sqlite"), "×");

  const transaction = await run("transaction", 5_000);
  report.figure("transaction of two against kysely-libsql", ratio(transaction, "peer", "ours"), "×", { atLeast: 4 });
  report.figure("transaction of two against kysely-turso", ratio(transaction, "turso", "ours"), "×", { atLeast: 1.5 });
  report.figure("engine sqlite: transaction of two against kysely-libsql", ratio(transaction, "peer", "sqlite"), "×");
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

function each(name: string, contender: ChildProcess, task: KyselyTask, times: number): Contender {
  return {
    name,
    times,
    work: (count) => order(contender, { task, times: count }),
    // This peer leaves the files of every transaction open until its garbage is collected, and soon could not open another.
    settle: async () => {
      if (name === "peer" && task === "transaction") await order(contender, "collect");
    },
  };
}

async function order(contender: ChildProcess, what: KyselyOrder): Promise<void> {
  const ended = new AbortController();
  const exit = once(contender, "exit", { signal: ended.signal }).then(() => {
    throw new Error("A contender has ended");
  });
  const done = once(contender, "message", { signal: ended.signal });
  contender.send(what);
  try {
    await Promise.race([done, exit]);
  } finally {
    ended.abort();
    await Promise.allSettled([done, exit]);
  }
}

function ratio(medians: Map<string, number>, above: string, below: string): number {
  return (medians.get(above) ?? Number.NaN) / (medians.get(below) ?? Number.NaN);
}
