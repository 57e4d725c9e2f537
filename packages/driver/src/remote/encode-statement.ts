import type { BoundStatement } from "../engine.ts";
import { nextToken } from "../sql/tokenize.ts";
import type { WireStatement, WireValue } from "./protocol.ts";
import { encodeValue } from "./values.ts";

/**
 * A statement as the server takes it. sqld binds a list to `?` and `?3` only and names to `:name` only, and nothing to a
 * statement that has both kinds; in such a one the parameters are written as numbers.
 */
export function encodeStatement(statement: BoundStatement): WireStatement {
  const { parameters } = statement.parsed;
  const values = statement.args.map(encodeValue);
  const named = parameters.filter((name): name is string => name !== undefined && !name.startsWith("?"));
  if (named.length === 0) return { sql: statement.sql.toWellFormed(), args: values, want_rows: true };
  if (named.length < parameters.length) {
    return { sql: withNumbers(statement.sql, parameters).toWellFormed(), args: values, want_rows: true };
  }
  const named_args = named.map((name, i): { name: string; value: WireValue } => ({
    name: name.toWellFormed(),
    value: values[i]!,
  }));
  return { sql: statement.sql.toWellFormed(), named_args, want_rows: true };
}

/** A statement of ours, without arguments and without interest in its rows. */
export function controlStatement(sql: string): WireStatement {
  return { sql: sql.toWellFormed(), want_rows: false };
}

/** `sql` with every parameter as `?N`, where N is the number that SQLite gives it. */
function withNumbers(sql: string, parameters: readonly (string | undefined)[]): string {
  let rewritten = "";
  let copied = 0;
  let highest = 0;
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    if (token.kind !== "parameter") continue;
    const text = sql.slice(token.start, token.end);
    const number = numberOf(text, highest, parameters);
    highest = Math.max(highest, number);
    rewritten += `${sql.slice(copied, token.start)}?${number}`;
    copied = token.end;
  }
  return rewritten + sql.slice(copied);
}

function numberOf(text: string, highest: number, parameters: readonly (string | undefined)[]): number {
  if (text === "?") return highest + 1;
  return text.startsWith("?") ? Number(text.slice(1)) : parameters.indexOf(text) + 1;
}
