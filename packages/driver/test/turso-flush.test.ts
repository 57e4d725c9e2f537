import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { expect, it } from "vitest";
import { LibsqlError } from "../src/errors.ts";
import { openFile, scratchFile, valueOf } from "./local-fixture.ts";

/** The open descriptors of the log, where the system tells. */
function descriptorsOf(file: string): number {
  if (!existsSync("/proc/self/fd")) return 0;
  const links = readdirSync("/proc/self/fd").map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return "";
    }
  });
  return links.filter((link) => link === `${file}-log`).length;
}

const insert = "INSERT INTO t VALUES (?)";

it("commits of many at once leave the settings of their connections as they were", async () => {
  const client = openFile(scratchFile(), { engine: "turso", maxConnections: 4 });
  await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  const settings = async (): Promise<unknown[]> => {
    const tx = await client.transaction("concurrent");
    const values = [await valueOf(tx, "PRAGMA synchronous"), await valueOf(tx, "PRAGMA mvcc_checkpoint_threshold")];
    tx.close();
    return values;
  };
  const before = await settings();
  const all = Array.from({ length: 40 }, (_, i) =>
    client.transaction((tx) => tx.execute(insert, [BigInt(i % 20)]), { mode: "concurrent", maxRetries: 0 }),
  );
  // Half of them fail, by a conflict at COMMIT or by the constraint.
  const failed = (await Promise.allSettled(all)).filter(({ status }) => status === "rejected");
  expect(failed).toHaveLength(20);
  expect(await settings()).toEqual(before);
  await client.execute("PRAGMA synchronous = OFF");
  await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      client.transaction((tx) => tx.execute(insert, [BigInt(100 + i)]), { mode: "concurrent" }),
    ),
  );
  expect(await settings()).toEqual([0, before[1]]);
  expect(await valueOf(client, "SELECT count(*) FROM t")).toBe(28);
});

it("what was answered is there after a close in the middle, and no descriptor stays open", async () => {
  const file = scratchFile();
  const acknowledged: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    const clients = [openFile(file, { engine: "turso" }), openFile(file, { engine: "turso" })];
    await clients[0]!.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY)");
    const all = Array.from({ length: 60 }, async (_, i) => {
      const id = round * 100 + i;
      await clients[i % 2]!.transaction((tx) => tx.execute(insert, [BigInt(id)]), { mode: "concurrent" });
      acknowledged.push(id);
      if (i === 10 + round * 5) for (const client of clients) client.close();
    });
    const errors = (await Promise.allSettled(all)).flatMap((outcome) =>
      outcome.status === "rejected" ? [outcome.reason as unknown] : [],
    );
    expect(errors.every((error) => error instanceof LibsqlError && error.code.endsWith("CLOSED"))).toBe(true);
    for (const client of clients) client.close();
    await expect.poll(() => descriptorsOf(file)).toBe(0);
    const again = openFile(file, { engine: "turso" });
    const there = new Set((await again.prepare("SELECT id FROM t").values()).map(([id]) => id));
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
    again.close();
  }
});
