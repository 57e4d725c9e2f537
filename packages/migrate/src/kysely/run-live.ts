import type { Client, RawResult, Transaction } from "@litefleet/driver";
import { readForeignKeyPragma } from "../safety/transaction-rules.ts";
import { traceTables } from "../safety/table-trace.ts";
import { readEffect } from "../sql/effect.ts";
import type { Effect } from "../sql/effect.ts";
import type { RunCode } from "./migration-code.ts";
import { withStandIn } from "./stand-in.ts";
import type { StatementHost } from "./stand-in.ts";

/** Thrown when a program turns out to need a transaction with foreign keys off. */
export class ForeignKeysInTheWay extends Error {}

const nothing: RawResult = { columns: [], columnTypes: [], rows: [], rowsAffected: 0, lastInsertRowid: undefined };

/**
 * Runs a migration that is a program inside `tx`, and answers what its statements did.
 *
 * @throws {ForeignKeysInTheWay} if it rebuilds a table or asks for foreign keys to be off, and they are not.
 */
export async function runLive(
  code: RunCode,
  client: Client,
  tx: Transaction,
  areKeysOff: boolean,
): Promise<readonly Effect[]> {
  const effects: Effect[] = [];
  const demandKeysOff = (): void => {
    if (!areKeysOff) throw new ForeignKeysInTheWay();
  };
  let isInTheWay = false;
  const host: StatementHost = {
    run: async (sql, args) => {
      const pragma = readForeignKeyPragma(sql);
      if (pragma === "on" || pragma === "off") {
        isInTheWay ||= pragma === "off" && !areKeysOff;
        return nothing;
      }
      effects.push(readEffect(sql));
      // Before a table that was copied is dropped, and not after.
      isInTheWay ||= !areKeysOff && traceTables(effects).rebuilt.length > 0;
      if (isInTheWay) demandKeysOff();
      return tx.prepare(sql).raw(args);
    },
    stream: () => undefined,
    begin: async (name) => {
      await tx.execute(`SAVEPOINT ${name}`);
    },
    commit: async (name) => {
      await tx.execute(`RELEASE ${name}`);
    },
    rollback: async (name) => {
      await tx.execute(`ROLLBACK TO ${name}`);
      await tx.execute(`RELEASE ${name}`);
    },
  };
  try {
    await withStandIn(client, tx, host, code);
  } finally {
    // Whatever the program made of the error.
    if (isInTheWay) demandKeysOff();
  }
  return effects;
}
