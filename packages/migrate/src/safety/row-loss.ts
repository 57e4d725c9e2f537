import type { BeginOptions, Client, InStatement, Transaction } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";
import type { MigrationStatement } from "../migration.ts";
import type { MigrationPlan, PlannedTransaction } from "../plan.ts";
import { readEffect } from "../sql/effect.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import type { RowLoss } from "./row-guard.ts";
import { traceTables } from "./table-trace.ts";

/** Thrown inside a transaction that must not be committed: rows would be lost. */
export class RowsLost extends Error {
  readonly plan: MigrationPlan;
  readonly losses: readonly RowLoss[];

  constructor(plan: MigrationPlan, losses: readonly RowLoss[]) {
    super("Rows would be lost");
    this.plan = plan;
    this.losses = losses;
  }
}

/**
 * The error for users. Once the transaction is rolled back, its statements are run again in one that is rolled back too, with
 * a count after each, to find those that take the rows; if that does not work out, the error is without them.
 */
export async function rowLossError(
  client: Client,
  planned: PlannedTransaction,
  { plan, losses }: RowsLost,
  options: BeginOptions & { readonly tenant: string | undefined },
): Promise<MigrateError> {
  const culprits = await findCulprits(client, planned, plan, losses, options).catch(() => undefined);
  const { name, file } = plan.migration;
  const parts = losses.map(({ table, before, after }, i) => {
    const culprit = culprits?.[i];
    const place =
      culprit === undefined
        ? ""
        : ` by statement ${culprit.index + 1} of ${name} (${file}:${culprit.line}: ${excerpt(culprit.sql)})`;
    return `${table} would go from ${before} to ${after} rows${place}`;
  });
  return new MigrateError(
    `${parts.join(", ")}, and the migration does not say that rows of ${losses.length === 1 ? "it" : "these"} go. ` +
      `Everything was rolled back. A trigger, an ON DELETE CASCADE or a REPLACE took them; if that is meant, name the ` +
      `table in allowRowLoss (--allow-row-loss).`,
    "ROW_LOSS",
    {
      migration: name,
      tenant: options.tenant,
      statementIndex: culprits?.find((culprit) => culprit !== undefined)?.index,
    },
  );
}

/** For each loss the first statement after which the table has fewer rows than before it. */
async function findCulprits(
  client: Client,
  planned: PlannedTransaction,
  plan: MigrationPlan,
  losses: readonly RowLoss[],
  options: BeginOptions,
): Promise<(MigrationStatement | undefined)[]> {
  const { signal, timeoutMs } = options;
  await using tx: Transaction = await client.transaction("write", {
    signal,
    timeoutMs,
    foreignKeys: planned.foreignKeys,
  });
  const earlier = planned.migrations.slice(0, planned.migrations.indexOf(plan));
  const script: InStatement[] = earlier.flatMap(({ statements }) =>
    statements.map(({ sql, args }) => (args === undefined ? sql : { sql, args: [...args] })),
  );
  const begin = script.length;
  for (const [i, { sql, args }] of plan.statements.entries()) {
    script.push(args === undefined ? sql : { sql, args: [...args] });
    // Tables move while they are rebuilt: look where the rows are at this point.
    const { fateOf } = traceTables(plan.statements.slice(0, i + 1).map((statement) => readEffect(statement.sql)));
    for (const { table } of losses) {
      const fate = fateOf(table);
      script.push(
        fate.kind === "kept" ? `SELECT count(*) AS n FROM ${quoteIdentifier(fate.table)}` : "SELECT NULL AS n",
      );
    }
  }
  const results = await tx.batch(script);
  return losses.map(({ before }, loss) => {
    let left = before;
    return plan.statements.find((_, i) => {
      const n = results[begin + i * (losses.length + 1) + 1 + loss]?.rows[0]?.["n"];
      const now = typeof n === "number" || typeof n === "bigint" ? Number(n) : left;
      const isFewer = now < left;
      left = now;
      return isFewer;
    });
  });
}

const excerptLength = 80;

function excerpt(sql: string): string {
  const line = sql.replaceAll(/\s+/gu, " ");
  return line.length <= excerptLength ? line : `${line.slice(0, excerptLength)}…`;
}
