import { access, constants, stat } from "node:fs/promises";
import path from "node:path";
import { createRunReader } from "../run/ledger-reader.ts";
import { openLedger } from "../run/open-ledger.ts";
import type { RunsOptions } from "../run/ledger-reader.ts";
import { checkOf } from "./check.ts";
import type { Check } from "./check.ts";

/** Whether runs can be written down, and whether one is open. Makes nothing. */
export function checkRunLedger(ledger: NonNullable<RunsOptions["ledger"]>, cwd: string): Promise<Check> {
  return checkOf("run ledger", "Make it writable, or name another one with --ledger.", async () => {
    if (typeof ledger === "string") {
      const file = path.resolve(cwd, ledger);
      const found = await stat(file).catch(() => undefined);
      await access(found === undefined ? await existingFolder(path.dirname(file)) : file, constants.W_OK);
      if (found === undefined) return { state: "ok", message: `${ledger}, made by the first run` };
    }
    const reader = createRunReader(await openLedger(ledger, cwd));
    try {
      const last = await reader.get("latest");
      const shown = typeof ledger === "string" ? ledger : "a control database";
      if (last === undefined) return { state: "ok", message: `${shown}, without runs` };
      if (last.state === "running") {
        return {
          state: "warning",
          message: `run ${last.id} is in progress at ${last.holder}`,
          cure: "Wait for its end.",
        };
      }
      const open = last.counts.waiting + last.counts.running;
      if (open > 0) {
        return {
          state: "warning",
          message: `run ${last.id} was ${last.state} with ${open} tenants to go`,
          cure: "npx litefleet-migrate resume, or a new up.",
        };
      }
      return { state: "ok", message: `${shown}, last run ${last.id}: ${last.state}` };
    } finally {
      await reader.close();
    }
  });
}

async function existingFolder(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  return found === undefined ? existingFolder(path.dirname(folder)) : folder;
}
