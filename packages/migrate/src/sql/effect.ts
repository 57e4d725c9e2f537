import { readCopy } from "./copy.ts";
import type { Copy } from "./copy.ts";
import { nameOf, tokensOf } from "./tokens.ts";
import type { SqlToken } from "./tokens.ts";

/**
 * What a statement does to the rows of tables, as its text tells it.
 *
 * - `"create"` and `"insert"` may fill the table from others ({@link Copy}).
 * - `"neutral"` takes no row from any table: other DDL, reads, most pragmas.
 * - `"unknown"` is everything else.
 */
export type Effect =
  | { readonly kind: "create"; readonly table: string; readonly ifNotExists: boolean; readonly copy: Copy | undefined }
  | { readonly kind: "insert"; readonly table: string; readonly copy: Copy | undefined }
  | { readonly kind: "drop" | "delete" | "update"; readonly table: string }
  | { readonly kind: "rename"; readonly table: string; readonly to: string }
  | { readonly kind: "add-column" | "drop-column"; readonly table: string }
  | { readonly kind: "neutral" }
  | { readonly kind: "unknown" };

const neutral: Effect = { kind: "neutral" };
const unknown: Effect = { kind: "unknown" };

/** Reads what the one statement in `sql` does. Never throws: what it cannot read is `"unknown"`. */
export function readEffect(sql: string): Effect {
  const tokens = readUpToValues(sql);
  const at = mainVerb(tokens);
  const reader = new Reader(tokens, at + 1);
  switch (tokens[at]?.text) {
    case "CREATE":
      return readCreate(reader);
    case "DROP":
      return readDrop(reader);
    case "ALTER":
      return readAlter(reader);
    case "DELETE":
      return onTable(reader.skip("FROM").name(), (table) => ({ kind: "delete", table }));
    case "UPDATE":
      reader.skipConflictClause();
      return onTable(reader.name(), (table) => ({ kind: "update", table }));
    case "INSERT":
    case "REPLACE":
      reader.skipConflictClause();
      return onTable(reader.skip("INTO").name(), (table) => ({ kind: "insert", table, copy: readCopy(reader.rest()) }));
    case "SELECT":
    case "VALUES":
    case "EXPLAIN":
    case "PRAGMA":
    case "ANALYZE":
    case "REINDEX":
    case "SAVEPOINT":
    case "RELEASE":
      return neutral;
    default:
      return unknown;
  }
}

/** Tokens of the statement; the rows after a VALUES say nothing and may be many. */
function readUpToValues(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  for (const token of tokensOf(sql)) {
    tokens.push(token);
    if (token.depth === 0 && token.kind === "word" && token.text === "VALUES") break;
  }
  return tokens;
}

/** The index of the verb: the first word, or behind a WITH the first verb outside of its parentheses. */
function mainVerb(tokens: readonly SqlToken[]): number {
  if (tokens[0]?.text !== "WITH") return 0;
  const verbs = new Set(["SELECT", "VALUES", "INSERT", "UPDATE", "DELETE"]);
  const found = tokens.findIndex(
    ({ kind, depth, text }, i) =>
      kind === "word" && depth === 0 && (verbs.has(text) || (text === "REPLACE" && tokens[i + 1]?.text === "INTO")),
  );
  return found < 0 ? tokens.length : found;
}

function readCreate(reader: Reader): Effect {
  const temporary = reader.skipAny("TEMP", "TEMPORARY");
  if (!reader.take("TABLE")) return neutral;
  const ifNotExists = reader.take("IF");
  reader.skipAll("NOT", "EXISTS");
  // A temporary table is gone with the connection; it hides one of the same name, which we do not follow.
  const table = reader.name();
  if (table === undefined || temporary) return table === undefined ? unknown : neutral;
  return { kind: "create", table, ifNotExists, copy: reader.peek() === "AS" ? readCopy(reader.rest()) : undefined };
}

function readDrop(reader: Reader): Effect {
  if (!reader.take("TABLE")) return neutral;
  reader.skipAll("IF", "EXISTS");
  return onTable(reader.name(), (table) => ({ kind: "drop", table }));
}

function readAlter(reader: Reader): Effect {
  const table = reader.skip("TABLE").name();
  if (table === undefined) return unknown;
  if (reader.take("ADD")) return { kind: "add-column", table };
  if (reader.take("DROP")) return { kind: "drop-column", table };
  if (!reader.take("RENAME") || !reader.take("TO")) return neutral;
  return onTable(reader.name(), (to) => ({ kind: "rename", table, to }));
}

function onTable(table: string | undefined, make: (table: string) => Effect): Effect {
  return table === undefined ? unknown : make(table);
}

/** Walks over tokens. */
class Reader {
  readonly #tokens: readonly SqlToken[];
  #at: number;

  constructor(tokens: readonly SqlToken[], at: number) {
    this.#tokens = tokens;
    this.#at = at;
  }

  /** The next word in capitals, or other text. */
  peek(): string | undefined {
    return this.#tokens[this.#at]?.text;
  }

  take(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "word" || token.text !== word) return false;
    this.#at += 1;
    return true;
  }

  skip(word: string): this {
    this.take(word);
    return this;
  }

  skipAny(...words: readonly string[]): boolean {
    return words.some((word) => this.take(word));
  }

  skipAll(...words: readonly string[]): void {
    for (const word of words) this.take(word);
  }

  /** `OR REPLACE` and the like. */
  skipConflictClause(): void {
    if (this.take("OR")) this.#at += 1;
  }

  /** `[schema .] name`; the name without its schema. */
  name(): string | undefined {
    const first = this.#tokens[this.#at];
    if (first === undefined || first.kind === "other") return undefined;
    this.#at += 1;
    if (this.peek() !== ".") return nameOf(first);
    this.#at += 1;
    return this.name();
  }

  rest(): readonly SqlToken[] {
    return this.#tokens.slice(this.#at);
  }
}
