// Feeds a client with what nobody should feed it. Writes what it does next to `last-input.txt`, so that it is known if the process
// ends. Usage: node fuzz.ts <folder> <configuration as JSON, or "configurations"> <seed> <runs>
import { openSync, writeSync } from "node:fs";
import { createClient, LibsqlError } from "@litefleet/driver";
import type { Client, Config, Transaction } from "@litefleet/driver";
import fc from "fast-check";
import { anything, call, config, sql } from "./fuzz-input.ts";

const [folder = "", subject = "", seed = "1", runs = "1"] = process.argv.slice(2);
process.chdir(folder);
const log = openSync("last-input.txt", "w");

/** Longer than this no call may take, in milliseconds. */
const hangMs = 20_000;

// What is wrong on purpose has no type.
type Untyped = never;

const options = fc.oneof(
  { weight: 12, arbitrary: fc.constant(undefined) },
  fc.record({
    timeoutMs: fc.constantFrom<unknown>(undefined, 0, 1, 1_000, -1, Number.NaN, "1"),
    signal: fc.constantFrom<unknown>(undefined, AbortSignal.abort(), AbortSignal.timeout(1)),
    intMode: fc.constantFrom<unknown>(undefined, "bigint", "string", "auto", "other"),
  }),
  anything,
);
const statement = fc.oneof(
  { weight: 4, arbitrary: call },
  { weight: 2, arbitrary: call.map((each) => [each.sql, each.args]) },
  { weight: 2, arbitrary: sql },
  anything,
);
const statements = fc.oneof({ weight: 5, arbitrary: fc.array(statement, { maxLength: 4 }) }, anything);
// A function in the place of a mode is the other way to call.
const noFunction = anything.filter((value) => typeof value !== "function");
const mode = fc.oneof({ weight: 5, arbitrary: fc.constantFrom("write", "read", "deferred", "concurrent") }, noFunction);
const ending = fc.constantFrom("commit", "rollback", "close");
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("execute"), call, options }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("statement"), statement, options }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("prepare"), call, options }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("iterate"), call, rows: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("batch"), statements, mode, options }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("script"), script: fc.oneof(sql, anything), options }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("migrate"), statements }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("transaction"), mode, inside: fc.array(statement, { maxLength: 3 }), ending }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("callback"), inside: fc.array(statement, { maxLength: 3 }), fails: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("close", "reconnect", "sync", "status") }) },
);

type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

async function act(client: Client, what: Action): Promise<void> {
  if ("statement" in what) return void (await client.execute(what.statement as Untyped, what.options as Untyped));
  if ("rows" in what) return iterate(client, what.call.sql, what.call.args, what.rows);
  if ("script" in what) return client.executeMultiple(what.script as Untyped, what.options as Untyped);
  if ("ending" in what) return inTransaction(client, what.mode, what.inside, what.ending);
  if ("fails" in what) return inCallback(client, what.inside, what.fails);
  if ("statements" in what) {
    if (!("mode" in what)) return void (await client.migrate(what.statements as Untyped));
    return void (await client.batch(what.statements as Untyped, what.mode as Untyped, what.options as Untyped));
  }
  if ("call" in what) {
    const { sql: text, args } = what.call;
    if (what.kind === "execute") return void (await client.execute(text, args as Untyped, what.options as Untyped));
    const prepared = client.prepare(text);
    await prepared.get(args as Untyped, what.options as Untyped);
    await prepared.columns(what.options as Untyped);
    for await (const chunk of prepared.chunks(args as Untyped, what.options as Untyped)) void chunk;
    await prepared.values(args as Untyped);
    return void (await prepared.run(args as Untyped));
  }
  if (what.kind === "close") client.close();
  else if (what.kind === "reconnect") await client.reconnect();
  else if (what.kind === "sync") await client.sync();
  else client.status();
}

async function iterate(client: Client, text: string, given: unknown, count: number): Promise<void> {
  let left = count;
  for await (const row of client.iterate(text, given as Untyped)) {
    void row[0];
    if (left === 0) break;
    left -= 1;
  }
}

async function inTransaction(client: Client, how: unknown, inside: readonly unknown[], end: string): Promise<void> {
  const tx = await client.transaction(how as Untyped);
  try {
    for (const each of inside) await typed(() => tx.execute(each as Untyped));
    await typed(() => tx.lock(inside[0] as Untyped, inside[1] as Untyped));
    if (end === "commit") await tx.commit();
    else if (end === "rollback") await tx.rollback();
  } finally {
    tx.close();
  }
}

async function inCallback(client: Client, inside: readonly unknown[], fails: boolean): Promise<void> {
  const mine = new RangeError("mine");
  await client.transaction(async (tx: Transaction) => {
    for (const each of inside) await typed(() => tx.savepoint((point) => point.execute(each as Untyped)));
    if (fails) throw mine;
  });
}

/** Runs a call; ends the program over an error that has no type of ours, and over one that never comes. */
async function typed(work: () => unknown): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hang = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${hangMs} ms`)), hangMs);
  });
  try {
    await Promise.race([work(), hang]);
  } catch (error) {
    if (!isTyped(error)) throw new Error("an error without a type", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Errors of ours, and those for misuse; not those that JavaScript has for a mistake of ours. */
function isTyped(error: unknown): boolean {
  if (error instanceof LibsqlError) return error.code !== "" && error.message !== "";
  if (!(error instanceof TypeError) && !(error instanceof RangeError)) return false;
  return !/^Cannot (?:read|set|convert|destructure)|is not (?:a function|a constructor|iterable|defined)|Maximum call stack/u.test(
    error.message,
  );
}

function note(input: unknown): void {
  writeSync(log, `${fc.stringify(input)}\n`, 0);
}

async function fuzzClient(chosen: Config): Promise<void> {
  let count = 0;
  // A server's database outlives the client.
  const leftOver = chosen.syncUrl !== undefined || /^(?:http|ws):/u.test(chosen.url) ? ["t", "u", "v", "w"] : [];
  const property = fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 6 }), fc.boolean(), async (actions, atOnce) => {
    note(actions);
    count += 1;
    const client = createClient({ ...chosen, url: chosen.url.replace("#", String(count)) });
    try {
      await client.migrate(leftOver.map((name) => `DROP ${name === "v" ? "VIEW" : "TABLE"} IF EXISTS ${name}`));
      await client.batch([
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b, c BLOB)",
        "CREATE TABLE u (t INTEGER REFERENCES t (id), d VARCHAR(9))",
        "INSERT INTO t (a, b, c) VALUES ('x', 1.5, x'00'), (CAST(x'61ff' AS TEXT), char(97, 0, 98), NULL), ('é', 7, x'')",
        "INSERT INTO u VALUES (1, 'one'), (2, CAST(x'ff' AS TEXT))",
      ]);
      const calls = actions.map((each) => () => typed(() => act(client, each)));
      if (atOnce) await Promise.all(calls.map((each) => each()));
      else for (const each of calls) await each();
      if (client.closed) await client.reconnect();
      const { rows } = await client.execute("SELECT 1 AS alive");
      if (rows[0]?.["alive"] !== 1) throw new Error("the client does not answer any more");
    } finally {
      client.close();
    }
  });
  await fc.assert(property, { seed: Number(seed), numRuns: Number(runs), endOnFailure: true });
}

async function fuzzConfigurations(): Promise<void> {
  const property = fc.asyncProperty(config, sql, async (given, text) => {
    note(given);
    await typed(async () => {
      const client = createClient(given as Untyped);
      if (client.protocol === "file") await typed(() => client.execute(text));
      client.close();
    });
  });
  await fc.assert(property, { seed: Number(seed), numRuns: Number(runs), endOnFailure: true });
}

process.on("unhandledRejection", (error) => {
  throw new Error("a rejection that nobody could handle", { cause: error });
});

await (subject === "configurations" ? fuzzConfigurations() : fuzzClient(JSON.parse(subject) as Config));
process.exit(0);
