import { nextToken } from "../sql/tokenize.ts";
import type { Token } from "../sql/tokenize.ts";

/**
 * A statement in which what an UPDATE or DELETE changes is named in small letters, its alias too; also in the body of a
 * trigger. The engine (0.7.2) compares these names as they are written with the names before columns, which it has turned into
 * small letters, and so finds no table `Author`. The names before columns stay as they are, and so do those of results.
 *
 * @example lowerCasedTargets('UPDATE "Author" SET n = 1 WHERE "Author"."id" = 2') // UPDATE "author" SET …
 */
export function lowerCasedTargets(sql: string): string {
  if (!/[A-Z]/u.test(sql) || !/\b(?:update|delete)\b/iu.test(sql)) return sql;
  const tokens = new Tokens(sql);
  let word = tokens.next();
  while (word === "EXPLAIN" || word === "QUERY" || word === "PLAN") word = tokens.next();
  if (word === "WITH") {
    // Neither word can be the name of a table of the WITH without quotes.
    for (let depth = 0; word !== undefined; word = tokens.next()) {
      if (word === "(") depth += 1;
      else if (word === ")") depth -= 1;
      else if (depth === 0 && (word === "UPDATE" || word === "DELETE")) break;
    }
    lowerTarget(tokens, word);
  } else if (word === "CREATE") {
    word = tokens.next();
    if (word === "TEMP" || word === "TEMPORARY") word = tokens.next();
    if (word === "TRIGGER") lowerBody(tokens);
  } else {
    lowerTarget(tokens, word);
  }
  return tokens.written();
}

/** Each statement of the body stands after `BEGIN` or a semicolon. */
function lowerBody(tokens: Tokens): void {
  for (let word = tokens.next(); word !== undefined;) {
    const isBefore = word === "BEGIN" || word === ";";
    word = tokens.next();
    if (isBefore) word = lowerTarget(tokens, word);
  }
}

/** Reads `UPDATE [OR …] [schema .] name [AS alias]` from its verb on, or `DELETE FROM …`; gives the word after it. */
function lowerTarget(tokens: Tokens, verb: string | undefined): string | undefined {
  if (verb !== "UPDATE" && verb !== "DELETE") return verb;
  let word = tokens.next();
  if (verb === "DELETE" && word === "FROM") word = tokens.next();
  if (verb === "UPDATE" && word === "OR") {
    tokens.next();
    word = tokens.next();
  }
  let name = tokens.token;
  word = tokens.next();
  if (word === ".") {
    tokens.next();
    name = tokens.token;
    word = tokens.next();
  }
  tokens.lower(name);
  if (word !== "AS") return word;
  tokens.next();
  tokens.lower(tokens.token);
  return tokens.next();
}

/** The tokens of a text, one after the other, and the text with some of them changed. */
class Tokens {
  readonly #sql: string;
  #written = "";
  #copiedTo = 0;
  #at = 0;
  token: Token | undefined;

  constructor(sql: string) {
    this.#sql = sql;
  }

  /** The next token: a word in capitals, anything else as it is; `undefined` at the end. */
  next(): string | undefined {
    this.token = nextToken(this.#sql, this.#at);
    if (this.token === undefined) return undefined;
    this.#at = this.token.end;
    const text = this.#sql.slice(this.token.start, this.token.end);
    return this.token.kind === "word" ? text.toUpperCase() : text;
  }

  /** Only A to Z: the engine, like SQLite, tells other capitals apart. */
  lower(token: Token | undefined): void {
    if (token?.kind !== "word" && token?.kind !== "quoted") return;
    const text = this.#sql.slice(token.start, token.end).replaceAll(/[A-Z]+/gu, (capitals) => capitals.toLowerCase());
    this.#written += this.#sql.slice(this.#copiedTo, token.start) + text;
    this.#copiedTo = token.end;
  }

  written(): string {
    return this.#written + this.#sql.slice(this.#copiedTo);
  }
}
