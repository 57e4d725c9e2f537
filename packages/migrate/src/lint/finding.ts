/** Everything that linting looks for, and what a finding means. */
export const lintRules = {
  "drop-table": "a table and its rows are dropped",
  "drop-column": "a column and its values are dropped",
  "delete-rows": "rows are deleted",
  "filtered-rebuild": "a table is rebuilt without some of its rows",
  "cascade-rebuild": "a table is rebuilt that others refer to with ON DELETE actions",
  "select-new-column": "a column is read that is not there yet, so that its name is copied as a text into every row",
  "not-null-without-default": "a column is NOT NULL and nothing says what rows of before have in it",
  "libsql-alter-column": "ALTER COLUMN … TO exists only in libSQL",
  "refused-by-sqld": "the libSQL server refuses the statement",
  "refused-by-turso": "Turso Database refuses the statement",
  "not-in-migration": "the statement cannot be in a migration",
  "journal-order": "the journal's times go backwards, so that drizzle's migrator passes over the migration",
  "duplicate-number": "two migrations have the same number",
  "unknown-rule": "a comment allows a rule that does not exist",
} as const;

/** The name of a rule, as `-- litefleet:allow` takes it. */
export type LintRule = keyof typeof lintRules;

/** Something that a person should look at before it runs. */
export interface LintFinding {
  readonly rule: LintRule;
  /** `"warning"`: only for some engines. */
  readonly severity: "error" | "warning";
  /** The migration's name; `undefined` if it is about the folder. */
  readonly migration: string | undefined;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** The statement in the file, counted from 0; `undefined` if it is about the file. */
  readonly statementIndex: number | undefined;
  readonly message: string;
}

/** What is found, with nothing left out that a comment does not allow. */
export interface LintResult {
  /** No finding is an error. */
  readonly ok: boolean;
  readonly findings: readonly LintFinding[];
}

/** Whether there is a rule called so. */
export function isLintRule(name: string): name is LintRule {
  return Object.hasOwn(lintRules, name);
}
