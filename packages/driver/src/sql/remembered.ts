import { StatementCache } from "../statement-cache.ts";
import { parseStatement } from "./parse.ts";
import type { ParsedStatement } from "./parse.ts";
import { splitStatements } from "./split.ts";
import type { SqlSlice } from "./split.ts";

// One for all clients of the process: those of a fleet run the same texts.
const parsed = new StatementCache<ParsedStatement>(2_000);
const split = new StatementCache<readonly SqlSlice[]>(1_000);

/** {@link parseStatement}, which reads a text that comes again only once. */
export function parseRemembered(sql: string): ParsedStatement {
  const known = parsed.get(sql);
  if (known !== undefined) return known;
  const read = parseStatement(sql);
  parsed.set(sql, read);
  return read;
}

/** {@link splitStatements}, likewise. */
export function splitRemembered(script: string): readonly SqlSlice[] {
  const known = split.get(script);
  if (known !== undefined) return known;
  const slices = splitStatements(script);
  split.set(script, slices);
  return slices;
}
