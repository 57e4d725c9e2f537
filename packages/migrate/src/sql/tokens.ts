import { nextToken } from "@litefleet/driver/sql";

/** A token of one statement, as far as finding the tables in it needs. */
export interface SqlToken {
  /** `"word"`: a bare word, in capitals in `text`. `"name"`: a quoted name, unquoted in `text`. */
  readonly kind: "word" | "name" | "other";
  readonly text: string;
  /** The text as it stands in the statement. */
  readonly raw: string;
  /** How many parentheses are open around it. */
  readonly depth: number;
}

/** Reads the tokens of `sql` one after the other; white space and comments are passed over. */
export function* tokensOf(sql: string): Generator<SqlToken, void, void> {
  let depth = 0;
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    const raw = sql.slice(token.start, token.end);
    if (raw === ")") depth -= 1;
    if (token.kind === "word") yield { kind: "word", text: raw.toUpperCase(), raw, depth };
    else if (token.kind === "quoted" && !/^x'/iu.test(raw)) yield { kind: "name", text: unquote(raw), raw, depth };
    else yield { kind: "other", text: raw, raw, depth };
    if (raw === "(") depth += 1;
  }
}

/** The name that a word or a quoted name stands for. SQLite takes `'a'` for a name where only a name can be. */
export function nameOf(token: SqlToken): string {
  return token.kind === "word" ? token.raw : token.text;
}

function unquote(raw: string): string {
  const quote = raw[0] ?? "";
  const inner = raw.slice(1, -1);
  return quote === "[" ? inner : inner.replaceAll(quote + quote, quote);
}
