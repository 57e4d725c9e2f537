import { nextToken } from "../sql/tokenize.ts";
import type { Token } from "../sql/tokenize.ts";
import { unquoted } from "./unquoted.ts";

/**
 * A statement whose columns stand without `main` before their tables. Where the engine (0.7.2) joins by hashing, it answers NULL for a column
 * that is named as `main.t.c`, as Prisma names all of them; named as `t.c` it is found. Tables keep their `main`.
 *
 * @example unqualifiedColumns("SELECT main.t.c FROM main.t") // SELECT t.c FROM main.t
 */
export function unqualifiedColumns(sql: string): string {
  if (!/\bmain\b/iu.test(sql)) return sql;
  let written = "";
  let copiedTo = 0;
  /** The last five tokens, the newest at the end: `main . t . c`. */
  let last: Token[] = [];
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    last = [...last.slice(-4), token];
    const [schema, dot, table, secondDot] = last;
    if (last.length < 5 || !isMain(sql, schema!) || !isDot(sql, dot!) || !isDot(sql, secondDot!)) continue;
    written += sql.slice(copiedTo, schema!.start);
    copiedTo = table!.start;
    last = [];
  }
  return written + sql.slice(copiedTo);
}

function isMain(sql: string, { kind, start, end }: Token): boolean {
  if (kind !== "word" && kind !== "quoted") return false;
  return unquoted(sql.slice(start, end)).toLowerCase() === "main";
}

function isDot(sql: string, { start, end }: Token): boolean {
  return end - start === 1 && sql[start] === ".";
}
