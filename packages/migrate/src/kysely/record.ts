import { createClient } from "@litefleet/driver";
import type { InArgs, InValue, RawResult } from "@litefleet/driver";
import { parseStatement } from "@litefleet/driver/sql";
import type { MigrationStatement } from "../migration.ts";
import type { KyselyMigration, RunMigration } from "./load-kysely.ts";
import { withStandIn } from "./stand-in.ts";
import type { StatementHost } from "./stand-in.ts";

const nothing: RawResult = { columns: [], columnTypes: [], rows: [], rowsAffected: 0, lastInsertRowid: undefined };

/**
 * The statements that a migration runs, found out without a database: every write is taken down and answered with nothing.
 * `undefined` if it reads, or fails so: then it has to see the database that it changes.
 */
export async function recordStatements(
  migration: KyselyMigration,
  run: RunMigration,
): Promise<MigrationStatement[] | undefined> {
  const statements: MigrationStatement[] = [];
  let needsDatabase = false;
  const refuse = (): never => {
    needsDatabase = true;
    throw new Error("This migration reads, so it is run on the database itself");
  };
  await using client = createClient({ url: ":memory:", engine: "sqlite" });
  await using base = await client.transaction("read");
  const host: StatementHost = {
    run: async (sql, args) => {
      const { kind, returning, pragma } = parseStatement(sql);
      if (kind === "read" || returning || (pragma !== undefined && pragma.value === undefined)) refuse();
      const values = listOf(args);
      statements.push({ sql, index: statements.length, line: 1, ...(values.length > 0 && { args: values }) });
      return nothing;
    },
    stream: refuse,
    // A transaction of its own changes nothing: everything is in one.
    begin: async () => undefined,
    commit: async () => undefined,
    rollback: async () => refuse(),
  };
  try {
    await withStandIn(client, base, host, async (stand) => run(migration, stand));
  } catch {
    return undefined;
  }
  return needsDatabase ? undefined : statements;
}

/** Kysely's compiler gives parameters by place. */
function listOf(args: InArgs): InValue[] {
  return Array.isArray(args) ? args : Object.values(args);
}
