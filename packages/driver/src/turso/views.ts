import { aggregates } from "./aggregates.ts";
import { step, stepOn } from "./native.ts";
import type { TursoHandle } from "./native.ts";

/**
 * The definitions of all views, if `sql` may name one of them and an aggregate may be there, in it or in one of them.
 * Otherwise, as nearly always, `undefined`.
 */
export function viewsOf(connection: TursoHandle, sql: string): string | undefined {
  // `x IN w` reads a view too.
  if (!/\b(?:from|in)\b/iu.test(sql)) return undefined;
  const views = readViews(connection);
  if (views.length === 0) return undefined;
  const definitions = views.map(([, definition]) => definition).join("\n;");
  const text = sql.replaceAll('""', '"').replaceAll("``", "`").toLowerCase();
  return aggregates(`${sql}\n;${definitions}`) && views.some(([name]) => text.includes(name.toLowerCase()))
    ? definitions
    : undefined;
}

function readViews(connection: TursoHandle): [name: string, definition: string][] {
  const views: [string, string][] = [];
  const statement = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'view'");
  try {
    statement.raw(true);
    while (stepOn(connection, statement) === step.row) views.push(statement.row() as [string, string]);
  } finally {
    statement.finalize();
  }
  return views;
}
