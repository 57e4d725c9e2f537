import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { loadMigrations } from "../load-migrations.ts";
import type { Migration, MigrationSet } from "../migration.ts";
import { describeDestructive, findDestructive } from "../safety/destructive.ts";
import { traceTables } from "../safety/table-trace.ts";
import { DuplicateNumber } from "../source/duplicate-number.ts";
import type { SourceOptions } from "../source/source.ts";
import { readEffect } from "../sql/effect.ts";
import { AllowedRules } from "./allowed.ts";
import { isLintRule } from "./finding.ts";
import type { LintFinding, LintResult, LintRule } from "./finding.ts";
import { lintStatement } from "./lint-statement.ts";
import { ShadowSchema } from "./shadow-schema.ts";

/** Options of {@link lintMigrations}. */
export interface LintOptions extends SourceOptions {
  /** The folder of migrations: a path or a `file:` URL. */
  readonly dir: string | URL;
  /** Engines that the migrations have to run on: what they refuse is an error and no warning. Default none. */
  readonly engines?: readonly ("sqld" | "turso")[];
}

const destructiveRules = {
  drop: "drop-table",
  "drop-column": "drop-column",
  delete: "delete-rows",
  filter: "filtered-rebuild",
} as const;

/**
 * Looks for what is dangerous in a folder of migrations, without a database. A comment `-- litefleet:allow <rule>` in or above a
 * statement, or above the first one for the whole file, takes a finding out.
 *
 * @throws {MigrateError} `DIR_INVALID`, `SOURCE_UNSUPPORTED`.
 * @example
 * const { ok, findings } = await lintMigrations({ dir: "drizzle", engines: ["sqld"] });
 */
export async function lintMigrations(options: LintOptions): Promise<LintResult> {
  const { engines = [] } = options;
  let set: MigrationSet;
  try {
    set = await loadMigrations(options.dir, options);
  } catch (error) {
    if (!(error instanceof DuplicateNumber)) throw error;
    const dir = options.dir instanceof URL ? fileURLToPath(options.dir) : options.dir;
    const finding = onFile("duplicate-number", undefined, path.join(dir, error.entry), error.text);
    return { ok: false, findings: [finding] };
  }
  const schema = await ShadowSchema.open();
  const findings: LintFinding[] = [];
  try {
    const aboutFolder = lintFolder(set);
    for (const migration of set.migrations) {
      const found = [
        ...aboutFolder.filter((finding) => finding.migration === migration.name),
        ...lintMigration(migration, schema),
      ];
      const allowed = new AllowedRules(await readFile(migration.file, "utf8"), migration.statements);
      findings.push(...found.filter(({ rule, statementIndex }) => !allowed.allows(rule, statementIndex)));
      for (const { line, rules } of allowed.comments) {
        for (const rule of rules.filter((name) => !isLintRule(name))) {
          findings.push({
            ...onFile("unknown-rule", migration, migration.file, `There is no rule called ${rule}.`),
            line,
          });
        }
      }
    }
  } finally {
    schema.close();
  }
  const graded = findings.map((finding): LintFinding => {
    const engine = /^refused-by-(?<name>.*)$/u.exec(finding.rule)?.groups?.["name"];
    const isWarning = engine !== undefined && !engines.some((name) => name === engine);
    return isWarning ? { ...finding, severity: "warning" } : finding;
  });
  return { ok: graded.every(({ severity }) => severity === "warning"), findings: graded };
}

function onFile(rule: LintRule, migration: Migration | undefined, file: string, message: string): LintFinding {
  return { rule, severity: "error", migration: migration?.name, file, line: 1, statementIndex: undefined, message };
}

/** What only shows when migrations are compared. */
function lintFolder({ source, migrations, dir }: MigrationSet): LintFinding[] {
  const findings: LintFinding[] = [];
  const numbers = new Map<string, Migration>();
  let latest: Migration | undefined;
  for (const migration of migrations) {
    const number = /^\d+/u.exec(migration.name)?.[0];
    const other = number === undefined ? undefined : numbers.get(number);
    if (number !== undefined && other !== undefined && source !== "flyway") {
      const message = `${migration.name} and ${other.name} have the same number, as two branches give it that are merged.`;
      findings.push(onFile("duplicate-number", migration, migration.file, message));
    }
    if (number !== undefined) numbers.set(number, migration);
    if (source === "drizzle-v0" && latest?.when !== undefined && (migration.when ?? 0) <= latest.when) {
      const message =
        `Its time in the journal is not later than that of ${latest.name}, so drizzle's migrator passes over it where that ` +
        `one is applied. Generate it anew.`;
      findings.push(onFile("journal-order", migration, path.join(dir, "meta", "_journal.json"), message));
    } else latest = migration;
  }
  return findings;
}

function lintMigration(migration: Migration, schema: ShadowSchema): LintFinding[] {
  const { name, file, statements } = migration;
  const findings: LintFinding[] = [];
  const effects = statements.map(({ sql }) => readEffect(sql));
  const at = (index: number, rule: LintRule, message: string): void => {
    const line = statements[index]?.line ?? 1;
    findings.push({ rule, severity: "error", migration: name, file, line, statementIndex: index, message });
  };
  for (const one of findDestructive([{ migration, direction: "up", done: 0 }])) {
    at(one.statementIndex, destructiveRules[one.what], `It ${describeDestructive(one)}.`);
  }
  const { rebuilt } = traceTables(effects);
  for (const [index, { sql }] of statements.entries()) {
    const effect = effects[index];
    if (effect === undefined) continue;
    if (effect.kind === "drop" && rebuilt.includes(effect.table)) {
      const referring = schema.referringTables(effect.table);
      if (referring.length > 0) {
        const message =
          `${effect.table} is rebuilt, and ${referring.join(", ")} refer${referring.length === 1 ? "s" : ""} to it: applied by the tool itself, inside a ` +
          `transaction, the DROP takes their rows along. litefleet-migrate keeps them.`;
        at(index, "cascade-rebuild", message);
      }
    }
    for (const { rule, message } of lintStatement(sql, effect, schema)) at(index, rule, message);
    schema.apply(sql, effect);
  }
  return findings;
}
