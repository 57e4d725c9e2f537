import type { MigrationSet } from "../migration.ts";
import { readEffect } from "../sql/effect.ts";
import type { Effect } from "../sql/effect.ts";
import { nameOf, tokensOf } from "../sql/tokens.ts";

/** Keywords that give the time. */
const clocks = /^current_(?:date|time|timestamp)$/iu;

/** Functions that give another value each time they are called: SQLite's, those of libSQL's `uuid`, and what is called like them. */
const inconstant = /^(?:date|time|datetime|julianday|unixepoch|strftime|timediff)$|random|uuid|ulid|now/iu;

/**
 * Whether the migrations make the same of every new database, as far as their text tells it: then a copy is as good. A clock or a random
 * number counts only where rows are written; as the default of a column it does nothing yet.
 */
export function isReproducible({ migrations }: MigrationSet): boolean {
  if (migrations.some(({ code }) => code !== undefined)) return false;
  const texts = migrations.flatMap(({ statements }) => statements.map(({ sql }) => sql));
  return !texts.some((sql) => writesRows(readEffect(sql))) || !texts.some(variesByCall);
}

function writesRows(effect: Effect): boolean {
  if (effect.kind === "create") return effect.copy !== undefined;
  return !["neutral", "drop", "rename", "add-column", "drop-column"].includes(effect.kind);
}

function variesByCall(sql: string): boolean {
  let called: string | undefined;
  for (const token of tokensOf(sql)) {
    if (token.raw === "(" && called !== undefined && inconstant.test(called)) return true;
    called = token.kind === "other" ? undefined : nameOf(token);
    if (called !== undefined && clocks.test(called)) return true;
  }
  return false;
}
