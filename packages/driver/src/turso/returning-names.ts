import { nextToken } from "../sql/tokenize.ts";
import type { Token } from "../sql/tokenize.ts";
import { unquoted } from "./unquoted.ts";

/** What a RETURNING clause lists: the name of a plain column, `"*"`, or something that the engine names as SQLite does. */
type Listed = { readonly name: string } | "*" | "other";

/**
 * The names of a statement's result columns. The engine (0.7.2) names a plain column of RETURNING after its text, as
 * `"t"."id"` or `[id]`; SQLite after the column. Expressions are named after their text by both, and aliases are kept.
 *
 * @param names as the engine has them.
 */
export function resultNames(sql: string, names: readonly string[]): readonly string[] {
  if (!/\breturning\b/iu.test(sql)) return names;
  const listed = readReturning(sql);
  const stars = listed.filter((one) => one === "*").length;
  const width = stars === 0 ? 0 : (names.length - (listed.length - stars)) / stars;
  if (stars === 0 && listed.length !== names.length) return names;
  const named: string[] = [];
  for (const one of listed) {
    if (one === "*") named.push(...names.slice(named.length, named.length + width));
    else named.push(one === "other" ? names[named.length]! : one.name);
  }
  return named;
}

function readReturning(sql: string): Listed[] {
  const listed: Listed[] = [];
  let item: Token[] | undefined;
  let depth = 0;
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    const char = token.kind === "punctuation" ? sql[token.start] : undefined;
    if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    if (depth === 0 && token.kind === "word" && sql.slice(token.start, token.end).toUpperCase() === "RETURNING") {
      item = [];
      listed.length = 0;
    } else if (depth === 0 && char === "," && item !== undefined) {
      listed.push(describe(sql, item));
      item = [];
    } else if (token.kind !== "semicolon") {
      item?.push(token);
    }
  }
  if (item !== undefined) listed.push(describe(sql, item));
  return listed;
}

/** `[[schema .] table .] column`, in parentheses or not. */
function describe(sql: string, item: readonly Token[]): Listed {
  const texts = item.map(({ start, end }) => sql.slice(start, end));
  if (texts.length === 1 && texts[0] === "*") return "*";
  while (texts[0] === "(" && texts.at(-1) === ")") {
    texts.shift();
    texts.pop();
  }
  const isName = (text: string, i: number): boolean => (i % 2 === 1 ? text === "." : /^["`[\p{L}_$]/u.test(text));
  const last = texts.at(-1);
  if (last === undefined || texts.length % 2 === 0 || !texts.every(isName)) return "other";
  return { name: unquoted(last) };
}
