import { engineRefusals, isAlterColumn } from "../safety/engine-refusals.ts";
import { refusalInMigration } from "../safety/transaction-rules.ts";
import { fold } from "../safety/table-trace.ts";
import type { Effect } from "../sql/effect.ts";
import { nameOf, tokensOf } from "../sql/tokens.ts";
import type { SqlToken } from "../sql/tokens.ts";
import type { LintFinding } from "./finding.ts";
import type { ShadowSchema } from "./shadow-schema.ts";

/** What one statement is found to do, without its place. */
export type StatementFinding = Pick<LintFinding, "rule" | "message">;

/** Looks at one statement, on the schema before it. */
export function lintStatement(sql: string, effect: Effect, schema: ShadowSchema): StatementFinding[] {
  const tokens = [...tokensOf(sql)];
  const words = tokens.map(({ kind, text }) => (kind === "word" ? text : ""));
  const findings: StatementFinding[] = [];
  const refusal = refusalInMigration(sql);
  if (refusal !== undefined) findings.push({ rule: "not-in-migration", message: refusal });
  if (isAlterColumn(words)) {
    findings.push({
      rule: "libsql-alter-column",
      message: "ALTER COLUMN … TO is libSQL's own: neither SQLite nor Turso Database can run it.",
    });
  }
  for (const { engine, reason } of engineRefusals(sql)) {
    if (engine !== "sqlite") findings.push({ rule: `refused-by-${engine}`, message: `${reason}.` });
  }
  if (effect.kind === "add-column" && isRequired(words)) {
    findings.push({
      rule: "not-null-without-default",
      message: `The new column of ${effect.table} is NOT NULL without a DEFAULT: it fails on every table that has rows.`,
    });
  }
  if (effect.kind === "insert" && effect.copy !== undefined) {
    const given = new Set(columnList(tokens).map(fold));
    const lacking =
      given.size === 0 ? [] : schema.requiredColumns(effect.table).filter(({ name }) => !given.has(fold(name)));
    for (const { name } of lacking) {
      findings.push({
        rule: "not-null-without-default",
        message: `${effect.table}.${name} is NOT NULL without a DEFAULT, and the rows that are copied get no value for it.`,
      });
    }
  }
  if (effect.kind === "insert" || effect.kind === "update" || effect.kind === "delete") {
    const name = schema.missingColumn(sql);
    if (name !== undefined) {
      findings.push({
        rule: "select-new-column",
        message:
          `"${name}" is no column of the table that is read. SQLite takes it for the text '${name}' and writes that into every row; ` +
          `give a value or a default in its place.`,
      });
    }
  }
  return findings;
}

function isRequired(words: readonly string[]): boolean {
  const isNotNull = words.some((word, i) => word === "NOT" && words[i + 1] === "NULL");
  return isNotNull && !words.includes("DEFAULT") && !words.includes("AS");
}

/** The names in the parentheses behind the table of an INSERT. */
function columnList(tokens: readonly SqlToken[]): string[] {
  const open = tokens.findIndex(({ text, depth }) => text === "(" && depth === 0);
  const select = tokens.findIndex(({ text, depth }) => depth === 0 && (text === "SELECT" || text === "WITH"));
  if (open < 0 || (select >= 0 && select < open)) return [];
  const close = tokens.findIndex(({ text, depth }, i) => i > open && text === ")" && depth === 0);
  return tokens
    .slice(open + 1, close)
    .filter(({ kind }) => kind !== "other")
    .map(nameOf);
}
