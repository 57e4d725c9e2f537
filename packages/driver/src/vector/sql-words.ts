import { nextToken } from "../sql/tokenize.ts";

/** The tokens of SQL text as they stand there, without white space and comments. */
export function tokens(sql: string): string[] {
  const words: string[] = [];
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    words.push(sql.slice(token.start, token.end));
  }
  return words;
}

/** What a token in quotes says, of whatever kind they are. */
export function unquote(word: string): string {
  const quote = word[0];
  if (quote === "[") return word.slice(1, -1);
  if (quote !== '"' && quote !== "'" && quote !== "`") return word;
  return word.slice(1, -1).replaceAll(quote + quote, quote);
}

/** Whether two names are one to SQLite. */
export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
