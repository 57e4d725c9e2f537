import { checkSqlText } from "./check-text.ts";
import { nextToken } from "./tokenize.ts";

/** One statement of a script, without its semicolon; `sql` is `script.slice(start, end)`. */
export interface SqlSlice {
  readonly sql: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Splits a script into its statements at the semicolons that end one: not those in strings, comments or the body of a
 * `CREATE TRIGGER`. Empty statements and those of comments only are left out; a comment before a statement stays with
 * nothing, so `start` is the statement's first token.
 *
 * @throws {LitefleetError} `SQLITE_ERROR` for a NUL character in the text.
 * @example splitStatements("CREATE TABLE a(x); -- done\nINSERT INTO a VALUES (';')").map((s) => s.sql)
 */
export function splitStatements(script: string): SqlSlice[] {
  checkSqlText(script);
  const slices: SqlSlice[] = [];
  let at = 0;
  for (;;) {
    const slice = nextStatement(script, at);
    if (slice === undefined) return slices;
    if (slice.end > slice.start) slices.push(slice);
    at = slice.next;
  }
}

/** The statement that begins at or after `from`; empty if only a semicolon is there, `undefined` at the end of the text. */
export function nextStatement(script: string, from: number): (SqlSlice & { readonly next: number }) | undefined {
  let start = -1;
  let end = from;
  let at = from;
  const trigger = new TriggerBody();
  for (;;) {
    const token = nextToken(script, at);
    if (token === undefined) {
      return start < 0 ? undefined : { sql: script.slice(start, end), start, end, next: script.length };
    }
    at = token.end;
    if (token.kind === "semicolon") {
      if (start < 0) return { sql: "", start: token.start, end: token.start, next: at };
      if (!trigger.semicolon()) return { sql: script.slice(start, end), start, end, next: at };
    } else {
      if (start < 0) start = token.start;
      if (token.kind === "word") trigger.word(script.slice(token.start, token.end).toUpperCase());
      else trigger.other();
    }
    end = token.end;
  }
}

/**
 * Knows whether a semicolon is inside a trigger's body, which ends with `; END`.
 *
 * @see https://www.sqlite.org/c3ref/complete.html
 */
class TriggerBody {
  #state: "start" | "explain" | "create" | "plain" | "body" | "after-semicolon" | "end" = "start";

  word(word: string): void {
    if (this.#state === "start" || this.#state === "explain") {
      if (word === "CREATE") this.#state = "create";
      else if (word === "EXPLAIN" || (this.#state === "explain" && (word === "QUERY" || word === "PLAN"))) {
        this.#state = "explain";
      } else this.#state = "plain";
    } else if (this.#state === "create") {
      if (word === "TRIGGER") this.#state = "body";
      else if (word !== "TEMP" && word !== "TEMPORARY") this.#state = "plain";
    } else if (this.#state === "after-semicolon") {
      this.#state = word === "END" ? "end" : "body";
    } else if (this.#state === "end") {
      this.#state = "body";
    }
  }

  other(): void {
    if (this.#state === "after-semicolon" || this.#state === "end") this.#state = "body";
    else if (this.#state !== "body") this.#state = "plain";
  }

  /** Takes a semicolon; true if the statement goes on after it. */
  semicolon(): boolean {
    if (this.#state !== "body" && this.#state !== "after-semicolon") return false;
    this.#state = "after-semicolon";
    return true;
  }
}
