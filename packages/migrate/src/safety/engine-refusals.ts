import { parseStatement } from "@litefleet/driver/sql";
import { tokensOf } from "../sql/tokens.ts";

/** An engine that cannot run a statement. */
export interface EngineRefusal {
  /** `"sqld"`: the libSQL server, also in Turso Cloud. `"turso"`: Turso Database. `"sqlite"`: anything but libSQL. */
  readonly engine: "sqld" | "turso" | "sqlite";
  readonly reason: string;
}

/** Pragmas that sqld takes with a value; it refuses all others. */
const sqldPragmas = new Set(["foreign_keys", "defer_foreign_keys", "user_version", "encoding", "foreign_key_check"]);
const sqldKeywords = new Set(["VACUUM", "ATTACH", "DETACH", "ANALYZE"]);
const tursoKeywords = new Set(["VACUUM", "ATTACH", "DETACH", "REINDEX"]);
/** Functions that Turso Database lacks. */
const tursoFunctions = new Set(["LAG", "LEAD", "NTILE", "RANK", "DENSE_RANK", "LIBSQL_VECTOR_IDX", "VECTOR_TOP_K"]);

/**
 * Which engines refuse the statement, as far as its text tells: tried on sqld 0.24.32 and Turso Database 0.7.2. An empty list
 * says nothing.
 */
export function engineRefusals(sql: string): EngineRefusal[] {
  const { keyword, pragma } = parseStatement(sql);
  const tokens = [...tokensOf(sql)];
  const words = tokens.map(({ kind, text }) => (kind === "word" ? text : ""));
  const has = (...sequence: readonly string[]): boolean =>
    words.some((_, i) => sequence.every((word, j) => words[i + j] === word));
  const refusals: EngineRefusal[] = [];
  const refuse = (engine: EngineRefusal["engine"], what: string): void => {
    refusals.push({ engine, reason: `${what} is refused by ${names[engine]}` });
  };
  if (sqldKeywords.has(keyword)) refuse("sqld", keyword);
  if (tursoKeywords.has(keyword)) refuse("turso", keyword);
  if (keyword === "CREATE" && (words[1] === "TEMP" || words[1] === "TEMPORARY")) refuse("sqld", "a temporary object");
  const isSet = pragma?.value !== undefined || pragma?.name === "wal_checkpoint";
  if (pragma !== undefined && isSet && !sqldPragmas.has(pragma.name)) refuse("sqld", `PRAGMA ${pragma.name}`);
  if (pragma?.name === "auto_vacuum" && isSet) refuse("turso", "PRAGMA auto_vacuum");
  if (keyword === "CREATE" && words[1] === "VIRTUAL") refuse("turso", "a virtual table");
  if (keyword === "CREATE" && has("WITHOUT", "ROWID")) refuse("turso", "WITHOUT ROWID");
  if (keyword === "CREATE" && has("STORED")) refuse("turso", "a STORED column");
  if (has("WITH", "RECURSIVE")) refuse("turso", "WITH RECURSIVE");
  const called = tokens.find(({ text }, i) => tokens[i + 1]?.text === "(" && tursoFunctions.has(text.toUpperCase()));
  if (called !== undefined) refuse("turso", `${called.raw}()`);
  if (isAlterColumn(words)) {
    refuse("turso", "ALTER COLUMN … TO");
    refuse("sqlite", "ALTER COLUMN … TO");
  }
  return refusals;
}

const names = { sqld: "sqld", turso: "Turso Database", sqlite: "SQLite (only libSQL has it)" };

/** `ALTER TABLE t ALTER COLUMN c TO …`, which only libSQL has. */
export function isAlterColumn(words: readonly string[]): boolean {
  return words[0] === "ALTER" && words[1] === "TABLE" && words.some((word, i) => word === "ALTER" && i > 1);
}
