import type { EngineName, Executor } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";
import type { MigrationPlan } from "../plan.ts";
import type { ReferenceState, Violation } from "./reference-state.ts";
import { findViolations } from "./find-violations.ts";
import { fold } from "./table-trace.ts";

/**
 * Finds all rows whose foreign key refers to nothing.
 *
 * @see https://www.sqlite.org/pragma.html#pragma_foreign_key_check
 */
export async function checkReferences(db: Executor, engine: EngineName): Promise<ReferenceState> {
  if (engine === "turso") return findViolations(db);
  try {
    const { rows } = await db.execute("PRAGMA foreign_key_check");
    const violations = rows.map((row) => ({
      table: String(row[0]),
      parent: String(row[2]),
      place: `${String(row[1])} ${String(row[3])}`,
    }));
    return { violations, failure: undefined };
  } catch (error) {
    // A schema whose keys cannot work at all; it may have been so before.
    if (error instanceof Error && /foreign key mismatch/iu.test(error.message)) {
      return { violations: [], failure: error.message };
    }
    throw error;
  }
}

/**
 * Compares the broken references before and after a migration that ran with foreign keys off.
 *
 * @throws {MigrateError} `FOREIGN_KEY_VIOLATION` if some are broken that were not.
 */
export function checkNewViolations(
  plan: MigrationPlan,
  before: ReferenceState,
  after: ReferenceState,
  tenant: string | undefined,
): void {
  const details = { migration: plan.migration.name, tenant };
  if (after.failure !== undefined && after.failure !== before.failure) {
    throw new MigrateError(`${after.failure}. Everything was rolled back.`, "FOREIGN_KEY_VIOLATION", details);
  }
  const rebuilt = new Set(plan.trace.rebuilt.map(fold));
  // Rowids and key numbers say which row it is, but a rebuild may change them; then only the number can be compared.
  const keyBefore = (v: Violation): string => {
    const fate = plan.trace.fateOf(v.table);
    const table = fate.kind === "kept" ? fold(fate.table) : fold(v.table);
    return rebuilt.has(fold(v.table)) ? table : `${table} ${v.place}`;
  };
  const moved = new Set([...rebuilt].map((table) => keyBefore({ table, parent: "", place: "" })));
  const keyAfter = (v: Violation): string => (moved.has(fold(v.table)) ? fold(v.table) : `${fold(v.table)} ${v.place}`);
  const known = new Map<string, number>();
  for (const v of before.violations) known.set(keyBefore(v), (known.get(keyBefore(v)) ?? 0) + 1);
  const broken = new Map<string, number>();
  for (const v of after.violations) {
    const left = known.get(keyAfter(v)) ?? 0;
    if (left > 0) known.set(keyAfter(v), left - 1);
    else broken.set(`${v.table} to ${v.parent}`, (broken.get(`${v.table} to ${v.parent}`) ?? 0) + 1);
  }
  if (broken.size === 0) return;
  const list = [...broken].map(([pair, count]) => `${count} from ${pair}`).join(", ");
  throw new MigrateError(
    `References would be broken that were not: ${list}. Everything was rolled back. Foreign keys are off while a table is ` +
      `rebuilt, so no ON DELETE action runs: change or delete the referring rows in the migration too. A migration that ` +
      `counts on such actions runs with them if each has a transaction of its own (tx "file").`,
    "FOREIGN_KEY_VIOLATION",
    details,
  );
}
