import type { Client, InStatement, Transaction } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";
import { describeCause } from "../tenant-errors.ts";
import { isAlive } from "./holder.ts";
import type { Holder } from "./holder.ts";
import { readRun, updateRun, updateTenant } from "./ledger-rows.ts";
import type { RunRecord, RunTenant } from "./run-record.ts";

/** A tenant as a run begins with it. */
export interface LedgerTenant {
  readonly tenant: RunTenant;
  /** What is kept of how it is opened, as JSON; see `keepTenant`. */
  readonly kept: string;
  /** Two tenants with the same one are the same database. */
  readonly identity: string;
}

/** What has changed since the last write. */
export interface LedgerChanges {
  readonly run: RunRecord;
  /** By place in the fleet's list. */
  readonly tenants: ReadonlyMap<number, RunTenant>;
}

/** Runs that are kept; what is older goes when a run begins. */
const keptRuns = 50;
const rowsAtOnce = 400;

/** Writes the run ledger. Errors are `MigrateError`s: `RUN_IN_PROGRESS`, `RUN_LEDGER_FAILED`. */
export class LedgerWriter {
  readonly #client: Client;

  /** The client stays open. */
  constructor(client: Client) {
    this.#client = client;
  }

  /**
   * Writes a new run down. In the same transaction it is seen that no other run has one of its tenants in hand.
   *
   * @throws {MigrateError} `RUN_IN_PROGRESS` naming the other run and who holds it.
   */
  begin(run: RunRecord, options: string, tenants: readonly LedgerTenant[], holder: Holder): Promise<void> {
    return this.#write(async (transaction) => {
      await refuseOverlap(transaction, new Set(tenants.map(({ identity }) => identity)));
      await transaction.execute({
        sql: `DELETE FROM litefleet_run_tenants WHERE run NOT IN (SELECT id FROM litefleet_runs ORDER BY started_at DESC LIMIT ?)`,
        args: [keptRuns - 1],
      });
      await transaction.execute({
        sql: `DELETE FROM litefleet_runs WHERE id NOT IN (SELECT id FROM litefleet_runs ORDER BY started_at DESC LIMIT ?)`,
        args: [keptRuns - 1],
      });
      await transaction.execute(insertRun(run, options, holder));
      for (let from = 0; from < tenants.length; from += rowsAtOnce) {
        await transaction.execute(insertTenants(run.id, tenants.slice(from, from + rowsAtOnce), from));
      }
    });
  }

  /**
   * Takes over a run that is over or whose holder has died.
   *
   * @throws {MigrateError} `RUN_IN_PROGRESS` if it is under way, or another run has one of the tenants in hand.
   */
  takeOver(run: RunRecord, identities: ReadonlySet<string>, holder: Holder): Promise<void> {
    return this.#write(async (transaction) => {
      await refuseOverlap(transaction, identities);
      await transaction.execute({
        sql: "UPDATE litefleet_runs SET holder = ?, holder_started_at = ?, migrations = ? WHERE id = ?",
        args: [holder.name, holder.startedAt, JSON.stringify(run.migrations), run.id],
      });
      await transaction.execute(updateRun(run));
    });
  }

  /** @throws {MigrateError} `RUN_IN_PROGRESS` if the run has been taken over by somebody else. */
  save({ run, tenants }: LedgerChanges): Promise<void> {
    return this.#guard(async () => {
      const statements: InStatement[] = [updateRun(run)];
      for (const [place, tenant] of tenants) statements.push(updateTenant(run.id, place, tenant));
      const [updated] = await this.#client.batch(statements, "write");
      if (updated?.rowsAffected === 1) return;
      throw new MigrateError(
        `Run ${run.id} was taken over by another process, which took this one for dead. No further tenant is started here.`,
        "RUN_IN_PROGRESS",
      );
    });
  }

  #write(work: (transaction: Transaction) => Promise<void>): Promise<void> {
    return this.#guard(async () => {
      await using transaction = await this.#client.transaction("write");
      await work(transaction);
      await transaction.commit();
    });
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof MigrateError) throw error;
      throw new MigrateError(
        `The run ledger cannot be written: ${describeCause(error)}. The tenants' own ledgers are what counts: run this again, ` +
          `with another ledger (--ledger) if need be.`,
        "RUN_LEDGER_FAILED",
        { cause: error },
      );
    }
  }
}

/** Runs whose holders have died are marked as abandoned on the way. */
async function refuseOverlap(transaction: Transaction, identities: ReadonlySet<string>): Promise<void> {
  const { rows } = await transaction.execute("SELECT * FROM litefleet_runs WHERE state = 'running'");
  for (const row of rows) {
    const run = readRun(row);
    if (!isAlive(run, String(row["holder_started_at"]))) {
      await transaction.execute({
        sql: "UPDATE litefleet_runs SET state = 'abandoned', ended_at = heartbeat_at WHERE id = ?",
        args: [run.id],
      });
      continue;
    }
    const theirs = await transaction.execute({
      sql: "SELECT name, identity FROM litefleet_run_tenants WHERE run = ?",
      args: [run.id],
    });
    const shared = theirs.rows.find((tenant) => identities.has(String(tenant["identity"])));
    if (shared === undefined) continue;
    throw new MigrateError(
      `Run ${run.id} is in progress on this fleet (on ${String(shared["name"])} for one): ${run.holder} holds it since ` +
        `${new Date(run.startedAt).toISOString()}. Wait for its end; if its holder is dead that is noticed.`,
      "RUN_IN_PROGRESS",
    );
  }
}

function insertRun(run: RunRecord, options: string, holder: Holder): InStatement {
  return {
    sql: `INSERT INTO litefleet_runs (id, command, state, dir, source, migrations, options, started_at, holder, holder_started_at,
  heartbeat_at, waves, counts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    args: [
      run.id,
      run.command,
      run.state,
      run.dir,
      run.source,
      JSON.stringify(run.migrations),
      options,
      run.startedAt,
      run.holder,
      holder.startedAt,
      run.heartbeatAt,
      JSON.stringify(run.waves),
      JSON.stringify(run.counts),
    ],
  };
}

function insertTenants(run: string, tenants: readonly LedgerTenant[], from: number): InStatement {
  const row = "(?, ?, ?, ?, ?, ?, ?, ?)";
  return {
    sql: `INSERT INTO litefleet_run_tenants (run, place, name, target, config, identity, wave, state) VALUES ${tenants.map(() => row).join(", ")}`,
    args: tenants.flatMap(({ tenant, kept, identity }, i) => [
      run,
      from + i,
      tenant.name,
      tenant.target,
      kept,
      identity,
      tenant.wave,
      tenant.state,
    ]),
  };
}
