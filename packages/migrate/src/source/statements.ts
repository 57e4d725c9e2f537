import { splitStatements } from "@litefleet/driver/sql";
import type { MigrationStatement } from "../migration.ts";

/** What drizzle-kit puts between statements. */
export const drizzleBreakpoint = "--> statement-breakpoint";

/**
 * Splits a migration's text into statements: at `breakpoint` if there is one, wherever it stands, and at the semicolons that end a
 * statement. Comments between statements are left out, and so is a byte order mark.
 */
export function readStatements(file: string, breakpoint?: string): MigrationStatement[] {
  const text = file.replace(/^\uFEFF/u, " ");
  const statements: MigrationStatement[] = [];
  let line = 1;
  let counted = 0;
  let offset = 0;
  for (const part of breakpoint === undefined ? [text] : text.split(breakpoint)) {
    for (const slice of splitStatements(part)) {
      const start = offset + slice.start;
      for (; counted < start; counted += 1) if (text[counted] === "\n") line += 1;
      statements.push({ sql: slice.sql, index: statements.length, line });
    }
    offset += part.length + (breakpoint?.length ?? 0);
  }
  return statements;
}
