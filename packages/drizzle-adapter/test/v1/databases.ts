import { type Client, createClient } from "@litefleet/driver";
import { drizzle, type LitefleetDatabase } from "@litefleet/drizzle-adapter/v1";
import { afterAll, afterEach, beforeAll, beforeEach, describe } from "vitest";
import { databaseKinds, type DatabaseSource } from "../databases.ts";
import { ddl, relations } from "./schema.ts";

/** The database of the test that is running. */
interface Connected {
  readonly client: Client;
  readonly db: LitefleetDatabase<typeof relations> & { $client: Client };
}

/** Runs `tests` on each kind of database; every test has a new one with the schema's tables, which `current` returns. */
export function onEachDatabase(tests: (current: () => Connected) => void): void {
  describe.each(databaseKinds)("$name", (kind) => {
    let source: DatabaseSource | undefined;
    let connected: Connected | undefined;
    beforeAll(async () => {
      source = await kind.start();
    });
    beforeEach(async () => {
      if (source === undefined) throw new Error("The database did not start");
      const client = createClient(await source.fresh());
      const db = drizzle(client, { relations });
      for (const statement of ddl) await db.run(statement);
      connected = { client, db };
    });
    afterEach(() => {
      connected?.client.close();
      connected = undefined;
    });
    afterAll(async () => {
      await source?.stop();
    });
    tests(() => {
      if (connected === undefined) throw new Error("No database is open");
      return connected;
    });
  });
}
