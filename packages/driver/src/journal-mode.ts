import type { Executor, JournalMode } from "./api.ts";
import { describeValue } from "./describe-value.ts";
import { unsupported } from "./errors.ts";

const modes: ReadonlySet<string> = new Set<JournalMode>([
  "mvcc",
  "wal",
  "delete",
  "truncate",
  "persist",
  "memory",
  "off",
]);

/** @throws {RangeError} for what is no mode that can be asked for. */
export function checkJournalMode(mode: unknown): void {
  if (mode === undefined || mode === "mvcc" || mode === "wal") return;
  throw new RangeError(`Expected the journal mode as "mvcc" or "wal", got ${describeValue(mode)}`);
}

/**
 * The journal mode where SQLite's own pragma tells and sets it.
 *
 * @throws {LitefleetError} `UNSUPPORTED` for a mode that the database does not take.
 */
export async function journalModeByPragma(client: Executor, wanted: "mvcc" | "wal" | undefined): Promise<JournalMode> {
  const mode = await read(client, "PRAGMA journal_mode");
  if (wanted === undefined || wanted === mode) return mode;
  if (wanted === "mvcc") throw unsupported('The journal mode "mvcc"', 'Use engine: "turso" and a file.');
  const now = await read(client, "PRAGMA journal_mode = wal");
  if (now !== wanted) throw unsupported(`The journal mode "${wanted}"`, `This database stays in mode "${now}".`);
  return now;
}

async function read(client: Executor, sql: string): Promise<JournalMode> {
  const { rows } = await client.execute(sql);
  const mode = String(rows[0]?.[0]).toLowerCase();
  if (isMode(mode)) return mode;
  throw unsupported(`The journal mode ${JSON.stringify(mode)}`, "It is not one that SQLite has.");
}

function isMode(mode: string): mode is JournalMode {
  return modes.has(mode);
}
