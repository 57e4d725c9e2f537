import { aggregates } from "./aggregates.ts";
import { step, stepOn } from "./native.ts";
import type { TursoHandle } from "./native.ts";

/**
 * The definitions of all views, if `sql` may name one of them and an aggregate may be there, in it or in one of them.
 * Otherwise, as nearly always, `undefined`.
 */
export function viewsOf(connection: TursoHandle, sql: string): string | undefined {
  const definitions = viewsNamed(connection, sql);
  return definitions !== undefined && aggregates(`${sql}\n;${definitions}`) ? definitions : undefined;
}

/** The definitions of all views, if `sql` may name one of them. */
export function viewsNamed(connection: TursoHandle, sql: string): string | undefined {
  // `x IN w` reads a view too.
  if (!/\b(?:from|in)\b/iu.test(sql)) return undefined;
  const views = readViews(connection);
  const text = sql.replaceAll('""', '"').replaceAll("``", "`").toLowerCase();
  if (!views.some(([name]) => text.includes(name.toLowerCase()))) return undefined;
  return views.map(([, definition]) => definition).join("\n;");
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
