import type { InStatement, ResultSet } from "@litefleet/driver";
import type { History, Ledger, Migration } from "../migration.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { requireColumns } from "./compare-entries.ts";

/** What the table says of one version, or of one repeatable migration: its last row. */
interface FlywayEntry {
  readonly version: string | undefined;
  readonly script: string;
  readonly checksum: number | undefined;
  readonly state: "applied" | "baseline" | "failed" | "undone";
}

/**
 * Flyway's history, as Community and Teams editions write it for SQLite: a row for each migration and for each undo, and rows of
 * a repeatable migration without a version.
 *
 * @see https://documentation.red-gate.com/fd/flyway-schema-history-table-273973417.html
 */
export function createFlywayLedger(table = "flyway_schema_history"): Ledger {
  const name = quoteIdentifier(table);
  const rank = `(SELECT coalesce(max("installed_rank"), 0) + 1 FROM ${name})`;
  const columns = `"installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success"`;
  const insert = (migration: Migration, type: "SQL" | "UNDO_SQL", script: string): InStatement => ({
    sql: `INSERT INTO ${name} (${columns}) VALUES (${rank}, ?, ?, ?, ?, ?, '', 0, 1)`,
    args: [migration.version ?? null, descriptionOf(migration), type, script, migration.checksum ?? null],
  });
  return {
    table,
    create: [
      `CREATE TABLE IF NOT EXISTS ${name} (\n    "installed_rank" INT NOT NULL PRIMARY KEY,\n    "version" VARCHAR(50),\n    "description" VARCHAR(200) NOT NULL,\n    "type" VARCHAR(20) NOT NULL,\n    "script" VARCHAR(1000) NOT NULL,\n    "checksum" INT,\n    "installed_by" VARCHAR(100) NOT NULL,\n    "installed_on" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now')),\n    "execution_time" INT NOT NULL,\n    "success" BOOLEAN NOT NULL\n)`,
      `CREATE INDEX IF NOT EXISTS ${quoteIdentifier(`${table}_s_idx`)} ON ${name} ("success")`,
    ],
    select: `SELECT * FROM ${name} ORDER BY "installed_rank"`,
    hasChecksums: true,
    compare: (migrations, result) => compare(migrations, readEntries(result)),
    record: (migration) => [insert(migration, "SQL", scriptOf(migration))],
    unrecord: (migration) => [insert(migration, "UNDO_SQL", `U${scriptOf(migration).slice(1)}`)],
    rehash: (migration) => [
      {
        sql: `UPDATE ${name} SET "checksum" = ?, "description" = ? WHERE "version" IS ? AND "script" = ? AND "type" = 'SQL'`,
        args: [migration.checksum ?? null, descriptionOf(migration), migration.version ?? null, scriptOf(migration)],
      },
    ],
    forget: (entry) => [{ sql: `DELETE FROM ${name} WHERE "script" = ?`, args: [`${entry}.sql`] }],
    settle: (entry, as) => [
      as === "applied"
        ? { sql: `UPDATE ${name} SET "success" = 1 WHERE "script" = ? AND "success" = 0`, args: [`${entry}.sql`] }
        : { sql: `DELETE FROM ${name} WHERE "script" = ? AND "success" = 0`, args: [`${entry}.sql`] },
    ],
  };
}

function compare(migrations: readonly Migration[], entries: readonly FlywayEntry[]): History {
  const last = new Map(entries.map((entry) => [entry.version ?? entry.script, entry]));
  const entryOf = (m: Migration): FlywayEntry | undefined => {
    const entry = last.get(m.isRepeatable === true ? scriptOf(m) : (m.version ?? ""));
    return entry?.state === "undone" ? undefined : entry;
  };
  const baseline = entries.findLast(({ state }) => state === "baseline")?.version;
  const isBefore = (m: Migration): boolean =>
    m.version !== undefined && baseline !== undefined && compareFlywayVersions(m.version, baseline) <= 0;
  const isEdited = (m: Migration): boolean => {
    const entry = entryOf(m);
    return entry?.state === "applied" && entry.checksum !== undefined && entry.checksum !== m.checksum;
  };
  const isDone = (m: Migration): boolean => isBefore(m) || entryOf(m)?.state === "applied";
  const isFailed = (m: Migration): boolean => !isDone(m) && entryOf(m)?.state === "failed";
  const versioned = migrations.filter((m) => m.isRepeatable !== true);
  const latest = versioned.findLastIndex(isDone);
  const isOpen = (m: Migration): boolean => !isDone(m) && !isFailed(m);
  // A repeatable migration with another text is due once more: that is no edit.
  const isDue = (m: Migration): boolean => m.isRepeatable === true && (isOpen(m) || isEdited(m));
  const known = new Set(migrations.map((m) => (m.isRepeatable === true ? scriptOf(m) : m.version)));
  return {
    applied: migrations.filter((m) => isDone(m) && !isEdited(m)),
    pending: [...versioned.filter((m, i) => isOpen(m) && i > latest), ...migrations.filter(isDue)],
    edited: versioned.filter((m) => isDone(m) && isEdited(m)),
    outOfOrder: versioned.filter((m, i) => isOpen(m) && i < latest),
    failed: [...last.values()].filter(({ state }) => state === "failed").map(({ script }) => nameOf(script)),
    missing: [...last.values()]
      .filter(({ state, version, script }) => state === "applied" && !known.has(version ?? script))
      .map(({ script }) => nameOf(script)),
  };
}

function readEntries(result: ResultSet | undefined): FlywayEntry[] {
  requireColumns(result, "installed_rank", "version", "type", "script", "checksum", "success");
  const entries: FlywayEntry[] = [];
  for (const row of result?.rows ?? []) {
    const { version, type, script, checksum } = row;
    if (typeof script !== "string" || typeof type !== "string") throw new TypeError("a script or type is not text");
    if (type === "SCHEMA" || type === "DELETE") continue;
    const isUndo = type.startsWith("UNDO");
    entries.push({
      version: version === null ? undefined : normalizeFlywayVersion(String(version)),
      script,
      checksum: checksum === null ? undefined : Number(checksum),
      state: Number(row["success"]) === 0 ? "failed" : isUndo ? "undone" : type === "BASELINE" ? "baseline" : "applied",
    });
  }
  return entries;
}

/** `1_02` and `1.2.0` are the same version. */
export function normalizeFlywayVersion(version: string): string {
  const parts = version.split(/[._]/u).map((part) => part.replace(/^0+(?=\d)/u, ""));
  while (parts.length > 1 && parts.at(-1) === "0") parts.pop();
  return parts.join(".");
}

/** Below 0 if `a` comes first. Both are normalized. */
export function compareFlywayVersions(a: string, b: string): number {
  const [left, right] = [a.split("."), b.split(".")];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = BigInt(left[i] ?? "0") - BigInt(right[i] ?? "0");
    if (difference !== 0n) return difference < 0n ? -1 : 1;
  }
  return 0;
}

function scriptOf({ name }: Migration): string {
  return `${name}.sql`;
}

function nameOf(script: string): string {
  return script.replace(/\.sql$/u, "");
}

/** What stands behind the two underscores, with spaces for the others. */
function descriptionOf({ name }: Migration): string {
  return name.slice(name.indexOf("__") + 2).replaceAll("_", " ");
}
