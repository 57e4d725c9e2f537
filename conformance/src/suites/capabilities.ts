import { expect, it } from "vitest";
import type { SuiteContext } from "../engine-suite.ts";
import { expectCode, rejection } from "../rejection.ts";

/** What an engine says it can do, it does; what it cannot, fails in a way that a program can tell. */
export function capabilities({ name, entry, open }: SuiteContext): void {
  const can = entry.capabilities;

  it("says what it can do", () => {
    expect(open().capabilities).toEqual(can);
  });

  it(can.sync ? "syncs" : "refuses to sync", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (a)");
    if (can.sync)
      expect(await client.sync()).toEqual({ frame_no: expect.any(Number), frames_synced: expect.any(Number) });
    else await expectCode(client.sync(), "UNSUPPORTED");
  });

  it(can.vectorDistance ? "measures vectors" : "has no vector functions", async () => {
    const distance = open().execute("SELECT vector_distance_cos(vector32('[1,0]'), vector32('[0,1]')) AS d");
    if (can.vectorDistance) expect((await distance).rows[0]?.["d"]).toBeCloseTo(1, 6);
    else expect(await rejection(distance)).toBeInstanceOf(Error);
  });

  it(can.recursiveCte ? "runs a recursive query" : "has no recursive queries", async () => {
    const query = open().execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i) AS s FROM n",
    );
    if (can.recursiveCte) expect((await query).rows[0]?.["s"]).toBe(15);
    else expect(await rejection(query)).toBeInstanceOf(Error);
  });

  it("says which protocol it speaks", () => {
    const protocol = name === "sqld http" ? "http" : name === "sqld ws" ? "ws" : "file";
    expect(open().protocol).toBe(protocol);
  });

  it("tells its status without a secret", async () => {
    const client = open();
    await client.execute("SELECT 1");
    const status = client.status();
    expect(status.closed).toBe(false);
    expect(status.queuedWrites).toBe(0);
    client.close();
    expect(client.status().closed).toBe(true);
  });
}
