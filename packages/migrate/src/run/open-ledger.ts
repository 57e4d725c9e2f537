import { access, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createClient } from "@litefleet/driver";
import type { Client, Config } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";
import { redactUrl } from "../redact.ts";
import { describeCause } from "../tenant-errors.ts";
import { ledgerTables } from "./ledger-tables.ts";

/** Where the command line keeps the runs, from the working directory. */
export const defaultLedger = path.join(".litefleet", "runs.db");

/** Whether a ledger is named by the URL of a database, and not by a path. */
export function isLedgerUrl(ledger: string): boolean {
  return /^(?:https?|libsql|wss?|file):/iu.test(ledger);
}

/**
 * Opens a run ledger, and makes it if it is not there: a file (its folder too, with a `.gitignore` if it is called
 * `.litefleet`) or a database by its URL or configuration. Whoever calls closes the client.
 *
 * @param mustExist a file that is not there is an error, and is not made.
 * @throws {MigrateError} `RUN_LEDGER_FAILED`, `RUN_UNKNOWN` with `mustExist`.
 */
export async function openLedger(given: string | Config, cwd?: string, mustExist = false): Promise<Client> {
  const ledger = typeof given === "string" && isLedgerUrl(given) ? { url: given } : given;
  const shown = typeof ledger === "string" ? ledger : redactUrl(ledger.url);
  try {
    const config = typeof ledger === "string" ? await fileConfig(path.resolve(cwd ?? ".", ledger), mustExist) : ledger;
    const client = createClient(config);
    try {
      // Others read while a run writes.
      if (/^file:/iu.test(config.url) && config.syncUrl === undefined && config.engine !== "turso") {
        await client.execute("PRAGMA journal_mode = WAL");
      }
      await client.batch([...ledgerTables], "write");
      await addMissingColumn(client);
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof MigrateError) throw error;
    throw new MigrateError(
      `The run ledger ${shown} cannot be opened: ${describeCause(error)}. Name another one with ledger (--ledger).`,
      "RUN_LEDGER_FAILED",
      { cause: error },
    );
  }
}

/** A ledger that was made before runs could go steps back and be resumed lacks a column. */
async function addMissingColumn(client: Client): Promise<void> {
  const hasIt = async (): Promise<boolean> => {
    const { rows } = await client.execute(
      "SELECT 1 FROM pragma_table_info('litefleet_run_tenants') WHERE name = 'undo'",
    );
    return rows.length > 0;
  };
  if (await hasIt()) return;
  try {
    await client.execute("ALTER TABLE litefleet_run_tenants ADD COLUMN undo TEXT");
  } catch (error) {
    // Somebody else may have been faster.
    if (!(await hasIt())) throw error;
  }
}

async function fileConfig(file: string, mustExist: boolean): Promise<Config> {
  if (mustExist) await access(file).catch(() => Promise.reject(noRuns(file)));
  const folder = path.dirname(file);
  await mkdir(folder, { recursive: true });
  if (path.basename(folder) === ".litefleet") {
    // "wx": what somebody else wrote there stays.
    await writeFile(path.join(folder, ".gitignore"), "*\n", { flag: "wx" }).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    });
  }
  return { url: pathToFileURL(file).href };
}

function noRuns(file: string): MigrateError {
  return new MigrateError(
    `There is no run ledger ${file}: nothing has been run from here. Name another one with ledger (--ledger).`,
    "RUN_UNKNOWN",
  );
}
