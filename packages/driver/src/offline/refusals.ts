import type { BoundStatement } from "../engine.ts";
import { LitefleetError, unsupported } from "../errors.ts";
import type { ParsedStatement } from "../sql/parse.ts";
import { nextToken } from "../sql/tokenize.ts";
import { isInternal } from "./table-shapes.ts";
import type { TableShapes } from "./table-shapes.ts";

/** Settings of a connection that change neither the file nor what is recorded. */
const harmlessPragmas: ReadonlySet<string> = new Set([
  "automatic_index",
  "busy_timeout",
  "cache_size",
  "case_sensitive_like",
  "foreign_keys",
  "query_only",
  "recursive_triggers",
  "temp_store",
]);

/** Pragmas that only read, although they take a value. */
const readingPragma =
  /^(?:foreign_key_(?:check|list)|index_(?:info|list|xinfo)|(?:integrity|quick)_check|table_(?:info|list|xinfo))$/u;

/** Refuses what an offline client cannot carry to its primary, before any of it runs. */
export class Refusals {
  readonly #shapes: TableShapes;
  readonly #allowRowidKeys: boolean;

  constructor(shapes: TableShapes, allowRowidKeys: boolean) {
    this.#shapes = shapes;
    this.#allowRowidKeys = allowRowidKeys;
  }

  /** @throws {LitefleetError} `UNSUPPORTED`, which says what to do instead. */
  check({ sql, parsed }: Pick<BoundStatement, "sql" | "parsed">): void {
    const { kind, keyword, pragma } = parsed;
    if (kind === "schema") {
      throw unsupported(
        `${keyword} on an offline client`,
        "The schema comes from the primary: migrate the primary (with @litefleet/migrate, say), then pull().",
      );
    }
    if (kind === "other") throw unsupported(`${keyword} on an offline client`, "Run it at the primary.");
    if (pragma !== undefined) checkPragma(pragma);
    if (kind === "write") this.#checkTarget(sql, parsed);
  }

  #checkTarget(sql: string, parsed: ParsedStatement): void {
    const table = targetOf(sql, parsed.keyword);
    if (table === undefined) return;
    if (isInternal(table)) throw unsupported(`Writing to ${table}`, "The sync keeps its books there.");
    const shape = this.#shapes.get(table);
    if (shape === undefined) return;
    if (shape.obstacle !== undefined) {
      const why =
        shape.obstacle === "trigger"
          ? "Its trigger would run here and at the primary again. Do its work in the program, or write at the primary."
          : "Write to such a table at the primary.";
      throw unsupported(`Writing offline to ${JSON.stringify(table)}, which has a ${shape.obstacle},`, why);
    }
    if (shape.rowidKey === undefined || this.#allowRowidKeys) return;
    throw new LitefleetError(
      `Writing offline to ${JSON.stringify(table)} is refused: its key is a number that SQLite picks (${shape.rowidKey}), and two ` +
        "offline clients pick the same one for different rows. Use a key that is unique everywhere, such as TEXT PRIMARY KEY with " +
        "crypto.randomUUID(); or set `allowRowidKeys: true` if each client has numbers of its own.",
      "UNSUPPORTED",
    );
  }
}

function checkPragma({ name, value }: NonNullable<ParsedStatement["pragma"]>): void {
  if (name === "wal_checkpoint" || name === "optimize" || name === "incremental_vacuum") {
    throw unsupported(`PRAGMA ${name} on an offline client`, "The driver keeps the file in order itself.");
  }
  if (value === undefined || harmlessPragmas.has(name) || readingPragma.test(name)) return;
  if (name === "journal_mode") {
    throw unsupported(
      `PRAGMA journal_mode = ${value} on an offline client`,
      "MVCC and sync exclude each other: open a file of its own without `offline` for concurrent transactions.",
    );
  }
  throw unsupported(`Setting PRAGMA ${name} on an offline client`, "Set it at the primary.");
}

/** The table that a statement writes to, by its text: after INTO, FROM, or UPDATE. */
function targetOf(sql: string, keyword: string): string | undefined {
  let depth = 0;
  let isInVerb = false;
  let name: string | undefined;
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    const text = sql.slice(token.start, token.end);
    const word = token.kind === "word" ? text.toUpperCase() : text;
    if (name !== undefined) {
      if (word !== ".") return name;
      name = undefined;
      continue;
    }
    if (word === "(") depth += 1;
    else if (word === ")") depth -= 1;
    else if (!isInVerb) isInVerb = depth === 0 && word === keyword;
    else if (word === "OR") token = nextToken(sql, token.end) ?? token;
    else if (word !== "INTO" && word !== "FROM") name = unquoted(text);
  }
  return name;
}

function unquoted(text: string): string {
  const first = text[0] ?? "";
  if (first === "[") return text.slice(1, -1);
  if (first !== '"' && first !== "`" && first !== "'") return text;
  return text.slice(1, -1).replaceAll(first + first, first);
}
