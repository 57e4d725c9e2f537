import { nextToken } from "../sql/tokenize.ts";
import type { Token } from "../sql/tokenize.ts";

/** How many elements of a list are kept. */
const kept = 2;

/**
 * A statement with the long lists of its `IN (…)` and `VALUES …` cut short: it runs otherwise, but is planned the same way, and
 * planning costs a time that grows with the square of their length. Lists that hold a query stay.
 */
export function shortenedLists(sql: string): string {
  let written = "";
  let copiedTo = 0;
  let before = "";
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    const text = sql.slice(token.start, token.end);
    const cut = text === "(" ? readCut(sql, token, before) : undefined;
    if (cut !== undefined) {
      written += sql.slice(copiedTo, cut.from);
      copiedTo = cut.to;
      token = { ...token, end: cut.to };
    }
    before = token.kind === "word" ? text.toUpperCase() : text;
  }
  return written + sql.slice(copiedTo);
}

interface Cut {
  readonly from: number;
  readonly to: number;
}

/** What can go: from after the last element (of IN) or row (of VALUES) that is kept to the end of the last. */
function readCut(sql: string, { start, end }: Token, before: string): Cut | undefined {
  if (before === "IN") return readList(sql, end, 1);
  return before === "VALUES" ? readList(sql, start, 0) : undefined;
}

/** Reads elements between commas at `listDepth` parentheses, until what closes them or follows the last one. */
function readList(sql: string, start: number, listDepth: number): Cut | undefined {
  let depth = listDepth;
  let elements = 1;
  let end = start;
  let from: number | undefined;
  for (let token = nextToken(sql, start); token !== undefined; token = nextToken(sql, token.end)) {
    const text = sql.slice(token.start, token.end);
    if (token.kind === "word" && /^(?:select|with|values)$/iu.test(text)) return undefined;
    if (text === ")") depth -= 1;
    // The list is over: its parenthesis has closed, or what comes is neither a row nor a comma.
    if (depth < listDepth || (listDepth === 0 && depth === 0 && !/^[(),]$/u.test(text))) break;
    if (text === "(") depth += 1;
    if (text === "," && depth === listDepth) {
      if (elements === kept) from = end;
      elements += 1;
    }
    end = token.end;
  }
  return from === undefined ? undefined : { from, to: end };
}
