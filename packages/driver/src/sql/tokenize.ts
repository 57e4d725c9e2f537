/** What a token is, as far as splitting and classifying SQL needs to know. */
export type TokenKind = "word" | "quoted" | "number" | "parameter" | "semicolon" | "punctuation";

/** A token of SQL text: `sql.slice(start, end)`. White space and comments are skipped. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

const closingQuote: Readonly<Record<string, string>> = { "'": "'", '"': '"', "`": "`", "[": "]" };

/**
 * Reads the token at or after `from`, by SQLite's own rules; `undefined` at the end of the text. Text that SQLite would
 * refuse (an open string, say) becomes a token that reaches to the end, so that SQLite gets to report it.
 *
 * @see https://www.sqlite.org/lang.html and sqlite3GetToken in tokenize.c
 */
export function nextToken(sql: string, from: number): Token | undefined {
  const start = skipBlank(sql, from);
  if (start >= sql.length) return undefined;
  const char = sql[start]!;
  if (char === ";") return { kind: "semicolon", start, end: start + 1 };
  const quote = closingQuote[char];
  if (quote !== undefined) return { kind: "quoted", start, end: endOfQuoted(sql, start + 1, quote) };
  if (char === "?") return { kind: "parameter", start, end: skipWhile(sql, start + 1, isDigit) };
  if ((char === ":" || char === "@" || char === "$" || char === "#") && isIdentifierCode(sql.charCodeAt(start + 1))) {
    return { kind: "parameter", start, end: endOfParameter(sql, start + 1) };
  }
  const code = sql.charCodeAt(start);
  if (isDigit(code) || (char === "." && isDigit(sql.charCodeAt(start + 1)))) {
    return { kind: "number", start, end: endOfNumber(sql, start) };
  }
  if (isIdentifierCode(code)) {
    if ((char === "x" || char === "X") && sql[start + 1] === "'") {
      return { kind: "quoted", start, end: endOfQuoted(sql, start + 2, "'") };
    }
    return { kind: "word", start, end: skipWhile(sql, start + 1, isIdentifierCode) };
  }
  return { kind: "punctuation", start, end: start + 1 };
}

/** The position of the first character at or after `from` that is neither white space nor part of a comment. */
function skipBlank(sql: string, from: number): number {
  let at = from;
  for (;;) {
    const code = sql.charCodeAt(at);
    if (code === 0x20 || (code >= 0x09 && code <= 0x0d && code !== 0x0b) || code === 0xfeff) {
      at += 1;
    } else if (code === 0x2d && sql[at + 1] === "-") {
      const newline = sql.indexOf("\n", at + 2);
      at = newline < 0 ? sql.length : newline + 1;
    } else if (code === 0x2f && sql[at + 1] === "*") {
      const close = sql.indexOf("*/", at + 2);
      at = close < 0 ? sql.length : close + 2;
    } else {
      return at;
    }
  }
}

/** Past the closing quote; a doubled quote stands for itself, save in `[…]`. */
function endOfQuoted(sql: string, from: number, quote: string): number {
  let at = from;
  for (;;) {
    const close = sql.indexOf(quote, at);
    if (close < 0) return sql.length;
    if (quote === "]" || sql[close + 1] !== quote) return close + 1;
    at = close + 2;
  }
}

/** `:name`, and for Tcl's sake `$name::suffix(anything)`. */
function endOfParameter(sql: string, from: number): number {
  let at = skipWhile(sql, from, isIdentifierCode);
  if (sql[from - 1] !== "$") return at;
  while (sql[at] === ":" && sql[at + 1] === ":") at = skipWhile(sql, at + 2, isIdentifierCode);
  if (sql[at] === "(") {
    const close = sql.indexOf(")", at);
    if (close > 0 && !/\s/u.test(sql.slice(at, close))) at = close + 1;
  }
  return at;
}

function endOfNumber(sql: string, from: number): number {
  let at = from;
  for (;;) {
    const code = sql.charCodeAt(at);
    const afterExponent = (sql[at - 1] === "e" || sql[at - 1] === "E") && (code === 0x2b || code === 0x2d);
    if (!isIdentifierCode(code) && code !== 0x2e && !(afterExponent && !isHex(sql, from))) return at;
    at += 1;
  }
}

function isHex(sql: string, from: number): boolean {
  return sql[from] === "0" && (sql[from + 1] === "x" || sql[from + 1] === "X");
}

function skipWhile(sql: string, from: number, accepts: (code: number) => boolean): number {
  let at = from;
  while (at < sql.length && accepts(sql.charCodeAt(at))) at += 1;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isIdentifierCode(code: number): boolean {
  return (
    isDigit(code) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x5f ||
    code === 0x24 ||
    (code >= 0x80 && code !== 0xfeff)
  );
}
