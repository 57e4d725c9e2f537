import { nextToken } from "../../sql/tokenize.ts";

/**
 * Whether SQL may resolve a conflict by `REPLACE`: rows that go that way go without a word to triggers. The function
 * `replace(…)` is none.
 */
export function replacesRows(sql: string): boolean {
  if (!/\breplace\b/iu.test(sql)) return false;
  let isReplace = false;
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    if (isReplace && sql[token.start] !== "(") return true;
    isReplace = token.kind === "word" && sql.slice(token.start, token.end).toUpperCase() === "REPLACE";
  }
  return isReplace;
}
