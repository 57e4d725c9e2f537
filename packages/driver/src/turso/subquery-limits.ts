import { nextToken } from "../sql/tokenize.ts";
import type { Token } from "../sql/tokenize.ts";

/**
 * A statement in which the limits and offsets of subqueries are computed each time a subquery runs. The engine (0.7.2) computes all but plain
 * numbers once for the whole statement, and goes on counting down where it was: of a subquery that runs for each row of the query around it, a
 * bound limit is used up with the first rows, and an offset skips no others. It does not do so with what chance has a part in. Parameters
 * stay in their places. What a CREATE keeps stays as it is, and has no parameters.
 *
 * @example limitsOfSubqueries("SELECT (SELECT b FROM u WHERE u.a = t.a LIMIT ?) FROM t") // … LIMIT iif(random() IS NULL, 0, ?)) FROM t
 */
export function limitsOfSubqueries(sql: string): string {
  if (!/\blimit\b/iu.test(sql) || !sql.includes("(") || /^\s*create\b/iu.test(sql)) return sql;
  let written = "";
  let copiedTo = 0;
  let depth = 0;
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    const text = sql.slice(token.start, token.end).toUpperCase();
    if (text === "(") depth += 1;
    else if (text === ")") depth -= 1;
    if (depth === 0 || token.kind !== "word" || text !== "LIMIT") continue;
    for (const part of readParts(sql, token.end)) {
      token = { ...token, end: part.end };
      if (part.isNumber) continue;
      written += `${sql.slice(copiedTo, part.start)}iif(random() IS NULL, 0, ${sql.slice(part.start, part.end)})`;
      copiedTo = part.end;
    }
  }
  return written + sql.slice(copiedTo);
}

interface Part {
  readonly start: number;
  readonly end: number;
  /** A plain number. */
  readonly isNumber: boolean;
}

/** The one or two expressions behind `LIMIT`, up to the parenthesis that closes the subquery. */
function readParts(sql: string, from: number): Part[] {
  const parts: Part[] = [];
  let depth = 0;
  let tokens: Token[] = [];
  const finish = (): void => {
    const [first] = tokens;
    const last = tokens.at(-1);
    if (first === undefined || last === undefined) return;
    parts.push({ start: first.start, end: last.end, isNumber: tokens.length === 1 && first.kind === "number" });
    tokens = [];
  };
  for (let token = nextToken(sql, from); token !== undefined; token = nextToken(sql, token.end)) {
    const text = sql.slice(token.start, token.end).toUpperCase();
    if (token.kind === "semicolon" || (text === ")" && depth === 0)) break;
    if (text === "(") depth += 1;
    else if (text === ")") depth -= 1;
    if (depth === 0 && (text === "," || (token.kind === "word" && text === "OFFSET"))) finish();
    else tokens.push(token);
  }
  finish();
  return parts;
}
