import { splitStatements } from "../../sql/split.ts";
import { nextToken } from "../../sql/tokenize.ts";
import type { Token } from "../../sql/tokenize.ts";
import { hexTextSql } from "./hex-text.ts";

/** A writing statement whose RETURNING gives its text as `hexTextSql` does. */
export interface ReturningForm {
  readonly sql: string;
  /** `RETURNING *`: the form names the columns that the table had when it was written. */
  readonly hasStar: boolean;
}

/** Words after which an expression goes on, so that what follows is no alias. */
const operators: ReadonlySet<string> = new Set(
  "AND BETWEEN CASE COLLATE DISTINCT ELSE ESCAPE FROM GLOB IN IS LIKE MATCH NOT OR REGEXP THEN WHEN".split(" "),
);

/** Words that end an expression and are no alias. */
const endings: ReadonlySet<string> = new Set(["END", "ISNULL", "NOTNULL"]);

/**
 * Writes a statement with RETURNING anew, or gives `undefined` where its text leaves a doubt.
 *
 * @param names those of its result columns, in order.
 */
export function returningForm(sql: string, names: readonly string[]): ReturningForm | undefined {
  const text = splitStatements(sql)[0]?.sql ?? sql;
  const clause = readReturning(text);
  if (clause === undefined) return undefined;
  const stars = clause.items.filter((item) => item === "*").length;
  const starColumns = names.length - clause.items.length + stars;
  if (stars > 1 || starColumns < stars || (stars === 0 && starColumns > 0)) return undefined;
  let at = 0;
  const values = clause.items.flatMap((item) => {
    if (item !== "*") {
      at += 1;
      return [`(${item}\n)`];
    }
    const named = names.slice(at, at + starColumns).map((name) => `"${name.replaceAll('"', '""')}"`);
    at += starColumns;
    return named;
  });
  return { sql: `${text.slice(0, clause.start)} ${values.map(hexTextSql).join(", ")}`, hasStar: stars > 0 };
}

/** The expressions of the RETURNING clause, without their aliases, and where the first begins. */
function readReturning(sql: string): { readonly start: number; readonly items: readonly string[] } | undefined {
  let start: number | undefined;
  let depth = 0;
  let item: Token[] = [];
  const items: Token[][] = [];
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    const text = sql.slice(token.start, token.end);
    if (text === "(") depth += 1;
    if (text === ")") depth -= 1;
    if (depth === 0 && token.kind === "word" && text.toUpperCase() === "RETURNING") {
      start = token.end;
      item = [];
      items.length = 0;
      items.push(item);
    } else if (depth === 0 && text === "," && start !== undefined) {
      item = [];
      items.push(item);
    } else {
      item.push(token);
    }
  }
  if (start === undefined || items.some((tokens) => tokens.length === 0)) return undefined;
  return { start, items: items.map((tokens) => withoutAlias(sql, tokens)) };
}

function withoutAlias(sql: string, tokens: readonly Token[]): string {
  const word = (token: Token): string => (token.kind === "word" ? sql.slice(token.start, token.end).toUpperCase() : "");
  const last = tokens.at(-1)!;
  const before = tokens.at(-2);
  let end = last.end;
  if (before !== undefined && tokens.length > 2 && word(before) === "AS") end = tokens.at(-3)!.end;
  else if (before !== undefined && (last.kind === "quoted" || (last.kind === "word" && !endings.has(word(last))))) {
    const isClosed = before.kind === "punctuation" && sql[before.start] === ")";
    const isOperand = before.kind !== "punctuation" && !operators.has(word(before));
    if (isClosed || isOperand) end = before.end;
  }
  return sql.slice(tokens[0]!.start, end);
}
