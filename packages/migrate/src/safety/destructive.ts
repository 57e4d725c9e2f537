import { MigrateError } from "../errors.ts";
import { statementsOf } from "../plan.ts";
import type { MigrationStep } from "../plan.ts";
import { subject } from "../read-history.ts";
import { readEffect } from "../sql/effect.ts";
import { traceTables } from "./table-trace.ts";
import type { StatedLoss } from "./table-trace.ts";

/** Something that migrations take from what is there before them. */
export interface DestructiveStatement {
  readonly migration: string;
  /** The statement in the migration's file, counted from 0. */
  readonly statementIndex: number;
  readonly line: number;
  readonly file: string;
  readonly table: string;
  readonly what: StatedLoss["what"];
}

/**
 * The statements that drop a table or a column, delete rows, or rebuild a table without all of its rows. Tables that the
 * same migrations have made do not count. What a program does is not seen.
 */
export function findDestructive(steps: readonly MigrationStep[]): DestructiveStatement[] {
  const places = steps.flatMap((step) => statementsOf(step).map((statement) => ({ step, statement })));
  const { losses } = traceTables(places.map(({ statement }) => readEffect(statement.sql)));
  return losses.flatMap(({ table, what, statement: at }) => {
    const place = places[at];
    if (place === undefined) return [];
    const { migration, direction } = place.step;
    const file = direction === "down" ? (migration.downFile ?? migration.file) : migration.file;
    const { index: statementIndex, line } = place.statement;
    return [{ migration: migration.name, statementIndex, line, file, table, what }];
  });
}

/** What a destructive statement does, in words. */
export function describeDestructive({ what, table }: DestructiveStatement): string {
  const words = {
    drop: `drops the table ${table}`,
    delete: `deletes rows of ${table}`,
    filter: `rebuilds ${table} without some of its rows`,
    "drop-column": `drops a column of ${table}`,
  };
  return words[what];
}

/** @throws {MigrateError} `DESTRUCTIVE` naming the first statement. */
export function refuseDestructive(steps: readonly MigrationStep[], tenant: string | undefined): void {
  const all = findDestructive(steps);
  const [first] = all;
  if (first === undefined) return;
  const list = all.map((one) => `${one.file}:${one.line} ${describeDestructive(one)}`).join("; ");
  throw new MigrateError(
    `${subject(tenant)}: what is to run takes data away: ${list}. Nothing was changed. If that is meant, say so with ` +
      `allowDestructive (--allow-destructive).`,
    "DESTRUCTIVE",
    { tenant, migration: first.migration, statementIndex: first.statementIndex },
  );
}
