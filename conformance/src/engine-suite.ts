import { afterAll, afterEach, beforeAll, describe } from "vitest";
import type { Client, Config } from "@litefleet/driver";
import { engineNames, engineTable } from "./engine-table.ts";
import type { EngineEntry, EngineName, Fixture } from "./engine-table.ts";

/** What a suite gets: the engine under test, and clients on its database. */
export interface SuiteContext {
  readonly name: EngineName;
  readonly entry: EngineEntry;
  /** A client on an empty database, closed after the test. */
  open(options?: Partial<Config>): Client;
}

/** A part of the contract, as tests for one engine. */
export type Suite = (context: SuiteContext) => void;

/**
 * Runs a part of the contract on every engine, or on those that `LITEFLEET_ENGINE` names (comma-separated, such as
 * `libsql file,sqld http`).
 */
export function onEveryEngine(title: string, suite: Suite): void {
  for (const name of chosenEngines()) {
    describe(`${title} on ${name}`, () => {
      let fixture: Fixture;
      beforeAll(async () => {
        fixture = await engineTable[name].start();
      });
      afterEach(() => fixture.reset());
      afterAll(() => fixture.stop());
      suite({ name, entry: engineTable[name], open: (options) => fixture.open(options) });
    });
  }
}

function chosenEngines(): readonly EngineName[] {
  const wish = process.env["LITEFLEET_ENGINE"];
  if (wish === undefined || wish === "") return engineNames;
  const names = wish.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !engineNames.some((known) => known === name));
  if (unknown !== undefined)
    throw new RangeError(`LITEFLEET_ENGINE names ${unknown}; known are ${engineNames.join(", ")}`);
  return engineNames.filter((name) => names.includes(name));
}
