import { nextToken } from "../sql/tokenize.ts";
import type { Token } from "../sql/tokenize.ts";

const operators: ReadonlySet<string> = new Set(["UNION", "EXCEPT", "INTERSECT"]);

/**
 * A statement whose compound SELECTs have no ORDER BY: it gives the same rows in another order. The engine (0.7.2) runs such an ORDER BY,
 * but ends the process when it is to list the instructions for it, as EXPLAIN does.
 *
 * @example withoutCompoundOrder("SELECT 1 UNION SELECT 2 ORDER BY 1 LIMIT 1") // SELECT 1 UNION SELECT 2 LIMIT 1
 */
export function withoutCompoundOrder(sql: string): string {
  if (!/\b(?:union|except|intersect)\b/iu.test(sql) || !/\border\b/iu.test(sql)) return sql;
  let written = "";
  let copiedTo = 0;
  /** For each open parenthesis, the innermost last, whether what is in it is a compound SELECT so far. */
  const compounds = [false];
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    const word = wordOf(sql, token);
    if (word === "(") compounds.push(false);
    else if (word === ")") compounds.pop();
    else if (word === ";") compounds.splice(0, Infinity, false);
    else if (operators.has(word)) compounds[compounds.length - 1] = true;
    else if (word === "ORDER" && compounds.at(-1) === true) {
      written += sql.slice(copiedTo, token.start);
      copiedTo = endOfOrder(sql, token.end);
      token = { ...token, end: copiedTo };
    }
  }
  return written + sql.slice(copiedTo);
}

/** Where `LIMIT` begins, the parenthesis around the SELECT closes, or the statement ends. */
function endOfOrder(sql: string, from: number): number {
  let depth = 0;
  for (let token = nextToken(sql, from); token !== undefined; token = nextToken(sql, token.end)) {
    const word = wordOf(sql, token);
    if (depth === 0 && (word === "LIMIT" || word === ")" || word === ";" || word === "RETURNING")) return token.start;
    if (word === "(") depth += 1;
    else if (word === ")") depth -= 1;
  }
  return sql.length;
}

function wordOf(sql: string, { kind, start, end }: Token): string {
  return kind === "quoted" ? "" : sql.slice(start, end).toUpperCase();
}
