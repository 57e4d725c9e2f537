import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@litefleet/driver";
import type { Client, TransactionMode } from "@litefleet/driver";
import Database from "libsql";
import { median } from "./measure.ts";
import type { Report } from "./report.ts";

const accounts = 1_000;
const inFlight = 64;
const rounds = 5;
const roundMs = 800;

/** A transfer between two accounts with asynchronous work in the middle, as one way of running transactions does it. */
type Transfer = (from: number, to: number, workMs: number) => Promise<void>;

/** Transactions that transfer between accounts, 64 in flight, side by side and one at a time. */
export async function benchConcurrency(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-bench-"));
  const turso = createClient({ url: `file:${join(folder, "turso.db")}`, engine: "turso" });
  const mutexed = openMutexed(join(folder, "libsql.db"));
  try {
    await fill(turso);
    let retries = 0;
    turso.on("retry", () => (retries += 1));
    const contenders: Readonly<Record<string, Transfer>> = {
      sideBySide: (...transfer) => transferOn(turso, "concurrent", ...transfer),
      oneAtATime: (...transfer) => transferOn(turso, "write", ...transfer),
      mutex: mutexed.transfer,
    };
    for (const { workMs, atLeast } of [
      { workMs: 10, atLeast: 8 },
      { workMs: 2, atLeast: 3 },
      { workMs: 0, atLeast: 0.8 },
    ]) {
      retries = 0;
      const { sideBySide = 0, oneAtATime = 0, mutex = 0 } = await inTurns(contenders, workMs);
      const what = workMs === 0 ? "without work inside" : `with ${workMs} ms of work inside`;
      report.figure(`${what}: against one at a time on Turso`, sideBySide / oneAtATime, "×", { atLeast });
      report.figure(`${what}: against libSQL in a mutex`, sideBySide / mutex, "×", { atLeast });
      report.figure(`${what}: committed`, sideBySide, "/s");
      report.figure(`${what}: run again, of 100 committed`, (retries / (sideBySide * seconds * rounds)) * 100, "");
    }
    await benchHotRow(report, turso);
    report.figure("sum of all accounts, less what it should be", (await total(turso)) - accounts * 100, "", {
      atLeast: 0,
      atMost: 0,
    });
  } finally {
    turso.close();
    mutexed.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const seconds = roundMs / 1_000;

/** Committed transfers a second of each contender, the median of rounds in turns. One round before counts for nothing. */
async function inTurns(
  contenders: Readonly<Record<string, Transfer>>,
  workMs: number,
): Promise<Record<string, number>> {
  const samples: Record<string, number[]> = {};
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, transfer] of Object.entries(contenders)) {
      const perSecond = await run(transfer, workMs);
      if (round > 0) (samples[name] ??= []).push(perSecond);
    }
  }
  return Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, median(values)]));
}

async function run(transfer: Transfer, workMs: number): Promise<number> {
  const startedAt = performance.now();
  let committed = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - startedAt < roundMs) {
      await transfer(...twoAccounts(), workMs);
      committed += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (committed * 1_000) / (performance.now() - startedAt);
}

/** One transaction of ten changes the same row: none may starve. */
async function benchHotRow(report: Report, client: Client): Promise<void> {
  const times: number[] = [];
  const hotTimes: number[] = [];
  let retries = 0;
  let failed = 0;
  const stop = client.on("retry", () => (retries += 1));
  const startedAt = performance.now();
  const worker = async (): Promise<void> => {
    while (performance.now() - startedAt < rounds * roundMs) {
      const isHot = Math.random() < 0.1;
      const [from, to] = twoAccounts();
      const began = performance.now();
      try {
        await transferOn(client, "concurrent", isHot ? 0 : from, to === 0 ? 1 : to, 2);
      } catch {
        failed += 1;
      }
      const took = performance.now() - began;
      times.push(took);
      if (isHot) hotTimes.push(took);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  stop();
  const name = "10 % on one row, 2 ms of work";
  report.figure(`${name}: slowest, against the median`, Math.max(...times) / median(times), "×", { atMost: 50 });
  report.figure(`${name}: median of those on it, against that of all`, median(hotTimes) / median(times), "×");
  report.figure(`${name}: given up after the default retries`, failed, "", { atMost: 0 });
  report.figure(`${name}: run again, of 100 transactions`, (retries / times.length) * 100, "");
}

async function transferOn(
  client: Client,
  mode: TransactionMode,
  from: number,
  to: number,
  workMs: number,
): Promise<void> {
  await client.transaction(
    async (tx) => {
      const { rows } = await tx.execute("SELECT n FROM acc WHERE id = ?", [BigInt(from)]);
      if (workMs > 0) await work(workMs);
      await tx.execute("UPDATE acc SET n = ? WHERE id = ?", [BigInt(Number(rows[0]?.["n"]) - 1), BigInt(from)]);
      await tx.execute("UPDATE acc SET n = n + 1 WHERE id = ?", [BigInt(to)]);
    },
    { mode },
  );
}

/** The peer: what a program does that has one connection of the libSQL library and a mutex. */
function openMutexed(file: string): { readonly transfer: Transfer; readonly close: () => void } {
  const database = new Database(file);
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE acc (id INTEGER PRIMARY KEY, n INTEGER)",
  );
  const insert = database.prepare("INSERT INTO acc VALUES (?, 100)");
  database.exec("BEGIN");
  for (let id = 0; id < accounts; id += 1) insert.run(id);
  database.exec("COMMIT");
  const read = database.prepare("SELECT n FROM acc WHERE id = ?").raw(true);
  const set = database.prepare("UPDATE acc SET n = ? WHERE id = ?");
  const add = database.prepare("UPDATE acc SET n = n + 1 WHERE id = ?");
  let last: Promise<void> = Promise.resolve();
  const transfer = async (from: number, to: number, workMs: number): Promise<void> => {
    database.exec("BEGIN IMMEDIATE");
    const [[n = 0] = []] = read.all(from) as number[][];
    if (workMs > 0) await work(workMs);
    set.run(n - 1, from);
    add.run(to);
    database.exec("COMMIT");
  };
  return {
    transfer: (...args) => (last = last.then(() => transfer(...args))),
    close: () => database.close(),
  };
}

async function fill(client: Client): Promise<void> {
  await client.execute("CREATE TABLE acc (id INTEGER PRIMARY KEY, n INTEGER)");
  const ids = Array.from({ length: accounts }, (_, id) => BigInt(id));
  await client.batch(
    ids.map((id) => ({ sql: "INSERT INTO acc VALUES (?, 100)", args: [id] })),
    "write",
  );
}

async function total(client: Client): Promise<number> {
  return Number((await client.execute("SELECT sum(n) AS s FROM acc")).rows[0]?.["s"]);
}

function twoAccounts(): [from: number, to: number] {
  const from = Math.floor(Math.random() * accounts);
  return [from, (from + 1 + Math.floor(Math.random() * (accounts - 1))) % accounts];
}

function work(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
