import { expect, it } from "vitest";
import type { Client } from "../src/api.ts";
import { createClient } from "../src/create-client.ts";
import { scratchFile } from "./local-fixture.ts";
import { closeAfterTest, expectCode } from "./turso-fixture.ts";

async function open(): Promise<Client> {
  const client = closeAfterTest(createClient({ url: `file:${scratchFile()}`, engine: "turso" }));
  await client.executeMultiple(
    "CREATE TABLE doctors (id INTEGER PRIMARY KEY, on_call INTEGER); INSERT INTO doctors VALUES (1, 1), (2, 1)",
  );
  return client;
}

it.each([
  [false, 0],
  [true, 1],
])("two that each leave because the other stays: with lock %s, %i stay", async (locks, left) => {
  const client = await open();
  const leave = async (id: bigint): Promise<() => Promise<void>> => {
    const tx = await client.transaction("concurrent");
    if (locks) await tx.lock("doctors", id === 1n ? 2 : 1);
    await tx.execute("SELECT count(*) FROM doctors WHERE on_call = 1");
    return async () => {
      await tx.execute("UPDATE doctors SET on_call = 0 WHERE id = ?", [id]);
      await tx.commit();
    };
  };
  const ends = [await leave(1n), await leave(2n)];
  const outcomes = await Promise.allSettled(ends.map((end) => end()));
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(left);
  expect(await client.prepare("SELECT sum(on_call) FROM doctors").values()).toEqual([[left]]);
});

it("ends the one that comes second to a row, whether it locks or writes", async () => {
  const client = await open();
  const first = await client.transaction("concurrent");
  expect(await first.lock("doctors", 1)).toBe(1);
  for (const second of [
    () => client.transaction("concurrent").then((tx) => tx.lock("doctors", 1)),
    () => client.transaction("concurrent").then((tx) => tx.execute("DELETE FROM doctors WHERE id = 1")),
    () => client.execute("UPDATE doctors SET on_call = 5 WHERE id = 1", [], { timeoutMs: 20 }),
  ]) {
    await expectCode(second, "CONFLICT");
  }
  await first.rollback();
  const late = await client.transaction("concurrent");
  await client.execute("UPDATE doctors SET on_call = 5 WHERE id = 1");
  await expectCode(() => late.lock("doctors", 1), "CONFLICT");
});

it("changes nothing and runs no trigger: it refuses a table where it would", async () => {
  const client = await open();
  await client.executeMultiple(
    `CREATE TABLE log (x); CREATE TRIGGER narrow AFTER UPDATE OF "on_call" ON doctors BEGIN INSERT INTO log VALUES (1); END;
     CREATE TRIGGER other AFTER DELETE ON doctors BEGIN UPDATE log SET x = 2; END;`,
  );
  const tx = await client.transaction("concurrent");
  expect(await tx.lock("DOCTORS", 1)).toBe(1);
  await tx.commit();
  expect(await client.prepare("SELECT count(*) FROM log").values()).toEqual([[0]]);
  for (const on of ["UPDATE", "UPDATE OF on_call, [id]"]) {
    await client.execute(`CREATE TRIGGER wide AFTER ${on} ON doctors BEGIN INSERT INTO log VALUES (1); END`);
    const refused = await client.transaction("concurrent");
    await expectCode(() => refused.lock("doctors", 1), "UNSUPPORTED");
    expect(refused.closed).toBe(false);
    await refused.rollback();
    await client.execute("DROP TRIGGER wide");
  }
});
