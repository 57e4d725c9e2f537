import { expect, it } from "vitest";
import { createClient } from "../src/create-client.ts";
import { scratchFile } from "./local-fixture.ts";
import { closeAfterTest, expectCode } from "./turso-fixture.ts";

const columns = `SELECT m.name, c.name, (SELECT count(*) FROM pragma_index_list(m.name))
  FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c WHERE m.name IN ('a', 'b')`;

it("reads of pragma tables go on while other clients change the schema", async () => {
  for (let round = 0; round < 5; round += 1) {
    const url = `file:${scratchFile()}`;
    const clients = Array.from({ length: 6 }, () => closeAfterTest(createClient({ url, engine: "turso" })));
    const outcomes = await Promise.all(
      clients.map(async (client) => {
        await Promise.all([client.execute(columns), client.execute(columns), client.execute(columns)]);
        await client.execute("CREATE TABLE IF NOT EXISTS a (id TEXT PRIMARY KEY, n INTEGER)");
        await Promise.all([client.execute(columns), client.execute(columns), client.execute(columns)]);
        await client.execute("CREATE TABLE IF NOT EXISTS b (id TEXT PRIMARY KEY, n INTEGER)");
        return (await client.execute(columns)).rows.length;
      }),
    );
    expect(outcomes).toEqual(clients.map(() => 4));
  }
});

it("an error of such a read is that of one statement, not of a batch", async () => {
  const client = closeAfterTest(createClient({ url: `file:${scratchFile()}`, engine: "turso" }));
  const error = await expectCode(() => client.execute("SELECT nothing FROM pragma_table_list"), "SQLITE_ERROR");
  expect(error).not.toHaveProperty("statementIndex");
});
