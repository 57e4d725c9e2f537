import { nameOf } from "./tokens.ts";
import type { SqlToken } from "./tokens.ts";

/** Rows that a statement takes over from other tables by a SELECT. */
export interface Copy {
  /** The tables that are read. */
  readonly from: readonly string[];
  /** The SELECT may leave rows out: it has WHERE, an inner JOIN, GROUP BY, DISTINCT, LIMIT, …. */
  readonly isFiltered: boolean;
}

const filters = new Set(["WHERE", "GROUP", "HAVING", "LIMIT", "DISTINCT", "INTERSECT", "EXCEPT"]);
const joinKinds = new Set(["LEFT", "FULL", "OUTER"]);

/**
 * Reads the SELECT in `tokens` (what follows the table of an INSERT or CREATE TABLE); `undefined` if there is none. A filter
 * counts on the level of the SELECT itself and, where its FROM is a subquery or it has a WITH, inside of these.
 */
export function readCopy(tokens: readonly SqlToken[]): Copy | undefined {
  const start = tokens.findIndex(
    (t) => t.depth === 0 && t.kind === "word" && (t.text === "SELECT" || t.text === "WITH"),
  );
  if (start < 0) return undefined;
  const from: string[] = [];
  let isFiltered = false;
  let inFrom = false;
  let deep = tokens[start]?.text === "WITH";
  for (let i = start; i < tokens.length; i += 1) {
    const token = tokens[i]!;
    if (token.depth > 0 && !deep) continue;
    const word = token.kind === "word" ? token.text : undefined;
    if (word !== undefined && filters.has(word)) isFiltered = true;
    if (word === "UNION" && tokens[i + 1]?.text !== "ALL") isFiltered = true;
    if (word === "JOIN" && !joinKinds.has(tokens[i - 1]?.text ?? "")) isFiltered = true;
    if (word === "FROM") inFrom = true;
    else if (word !== undefined && (filters.has(word) || word === "SELECT" || word === "ORDER")) inFrom = false;
    if (!inFrom) continue;
    if (word === "FROM" || word === "JOIN" || token.text === ",") {
      const next = sourceAt(tokens, i + 1);
      if (next === "subquery") deep = true;
      else if (next !== undefined) from.push(next);
    }
  }
  return { from, isFiltered };
}

function sourceAt(tokens: readonly SqlToken[], at: number): string | undefined {
  const token = tokens[at];
  if (token?.text === "(" && token.kind === "other") return "subquery";
  if (token === undefined || token.kind === "other") return undefined;
  return tokens[at + 1]?.text === "." ? sourceAt(tokens, at + 2) : nameOf(token);
}
