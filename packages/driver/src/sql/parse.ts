import { LitefleetError } from "../errors.ts";
import { checkSqlText } from "./check-text.ts";
import { nextStatement } from "./split.ts";
import { nextToken } from "./tokenize.ts";

/**
 * What a statement does, as far as running it must know.
 *
 * - `"read"`: changes nothing. `"write"`: INSERT, UPDATE, DELETE, REPLACE. `"schema"`: CREATE, ALTER, DROP, ….
 * - `"pragma"`: reads or sets something of the connection or the file.
 * - `"transaction"`: BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE.
 * - `"other"`: VACUUM, ATTACH, DETACH and what we do not know.
 */
export type StatementKind = "read" | "write" | "schema" | "pragma" | "transaction" | "other";

/** A statement as its text tells it. */
export interface ParsedStatement {
  readonly kind: StatementKind;
  /** The first word in capitals; for a `WITH` that of the statement it belongs to. */
  readonly keyword: string;
  /** For parameter number `i + 1` its text: `:id`, `?3`, or `?`; `undefined` for a number that is never used (as 1 in `?2`). */
  readonly parameters: readonly (string | undefined)[];
  /** Has a RETURNING clause. */
  readonly returning: boolean;
  /** Its result columns may change with the schema (`SELECT *`). */
  readonly hasStar: boolean;
  /** For a PRAGMA: its name in small letters, and the value that it sets, if any. */
  readonly pragma: { readonly name: string; readonly value: string | undefined } | undefined;
}

const kindOfKeyword: Readonly<Record<string, StatementKind>> = {
  SELECT: "read",
  VALUES: "read",
  EXPLAIN: "read",
  INSERT: "write",
  UPDATE: "write",
  DELETE: "write",
  REPLACE: "write",
  CREATE: "schema",
  ALTER: "schema",
  DROP: "schema",
  REINDEX: "schema",
  ANALYZE: "schema",
  PRAGMA: "pragma",
  BEGIN: "transaction",
  COMMIT: "transaction",
  END: "transaction",
  ROLLBACK: "transaction",
  SAVEPOINT: "transaction",
  RELEASE: "transaction",
};

/** SQLite's limit on the number in `?NNN` (SQLITE_MAX_VARIABLE_NUMBER of libSQL, Turso and node:sqlite). */
const maxParameters = 32_766;

/**
 * Reads the one statement in `sql`.
 *
 * @throws {LitefleetError} `SQL_NO_STATEMENT` if there is none, `SQL_MANY_STATEMENTS` if there is more than one,
 *   `ARGS_INVALID` for a parameter number that SQLite does not allow, `SQLITE_ERROR` for a NUL character in the text.
 */
export function parseStatement(sql: string): ParsedStatement {
  checkSqlText(sql);
  let at = 0;
  let first = nextStatement(sql, at);
  while (first !== undefined && first.end === first.start) {
    at = first.next;
    first = nextStatement(sql, at);
  }
  if (first === undefined) throw new LitefleetError("The SQL text holds no statement", "SQL_NO_STATEMENT");
  for (let rest = nextStatement(sql, first.next); rest !== undefined; rest = nextStatement(sql, rest.next)) {
    if (rest.end > rest.start) {
      throw new LitefleetError(
        "The SQL text holds more than one statement; use batch() or executeMultiple()",
        "SQL_MANY_STATEMENTS",
      );
    }
  }
  return readStatement(first.sql);
}

function readStatement(sql: string): ParsedStatement {
  const parameters = new ParameterList();
  let keyword = "";
  let inWith = false;
  let depth = 0;
  let returning = false;
  let hasStar = false;
  let previous = "";
  const pragma: string[] = [];
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    const text = sql.slice(token.start, token.end);
    if (token.kind === "parameter") parameters.add(text);
    else if (token.kind === "word" && depth === 0) {
      const word = text.toUpperCase();
      if (keyword === "") {
        keyword = word;
        inWith = word === "WITH";
      } else if (inWith && isMainVerb(word, sql, token.end)) {
        keyword = word;
        inWith = false;
      } else if (word === "RETURNING") returning = true;
    } else if (text === "(") depth += 1;
    else if (text === ")") depth -= 1;
    else if (text === "*" && previous !== "(") hasStar = true;
    if (keyword === "PRAGMA" && (pragma.length > 0 || token.kind === "word")) pragma.push(text);
    previous = text;
  }
  const kind = kindOfKeyword[keyword] ?? "other";
  return {
    kind,
    keyword,
    parameters: parameters.names,
    returning: returning && kind === "write",
    hasStar,
    pragma: keyword === "PRAGMA" ? readPragma(pragma.slice(1)) : undefined,
  };
}

/** Whether `word`, met after the tables of a WITH, begins its statement (and is not the name of such a table). */
function isMainVerb(word: string, sql: string, end: number): boolean {
  if (word === "SELECT" || word === "VALUES" || word === "INSERT" || word === "UPDATE" || word === "DELETE")
    return true;
  if (word !== "REPLACE") return false;
  const next = nextToken(sql, end);
  return next !== undefined && sql.slice(next.start, next.end).toUpperCase() === "INTO";
}

/** `[schema .] name [= value | (value)]`. */
function readPragma(tokens: readonly string[]): { name: string; value: string | undefined } {
  const rest = tokens[1] === "." ? tokens.slice(2) : tokens;
  const name = (rest[0] ?? "").toLowerCase();
  const value = rest.slice(2, rest[1] === "(" ? -1 : undefined).join("");
  return { name, value: rest.length > 2 ? value : undefined };
}

/** Numbers parameters as SQLite does: `?` takes the next number, `?N` the number N, a name the number it got first. */
class ParameterList {
  readonly names: (string | undefined)[] = [];
  readonly #numbers = new Map<string, number>();

  add(text: string): void {
    if (text === "?") {
      this.names.push(text);
    } else if (text.startsWith("?")) {
      const number = Number(text.slice(1));
      if (!(number >= 1 && number <= maxParameters)) {
        throw new LitefleetError(`Parameter ${text} must lie between ?1 and ?${maxParameters}`, "ARGS_INVALID");
      }
      while (this.names.length < number) this.names.push(undefined);
      // A number that a name has got already keeps the name, so that arguments by name serve it too.
      this.names[number - 1] ??= text;
    } else if (!this.#numbers.has(text)) {
      this.names.push(text);
      this.#numbers.set(text, this.names.length);
    }
  }
}
