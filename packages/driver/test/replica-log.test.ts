import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { startSqld } from "@litefleet/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually, open, ownFolder, rejection, valueOf } from "./replica-fixture.ts";

/** A server that compacts its log whenever that has a megabyte, and a replica from before the first time. */
async function compacting() {
  const sqld = await startSqld({ args: ["--max-log-size", "1"] });
  onTestFinished(() => sqld.stop());
  const writer = open({ url: sqld.url });
  await writer.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x)");
  const folder = await ownFolder();
  const statuses: string[] = [];
  const replicaAt = (name: string) =>
    open({
      url: `file:${join(folder, `${name}.db`)}`,
      syncUrl: sqld.url,
      fetch: async (request: Request) => {
        const response = await fetch(request);
        const message = response.headers.get("grpc-message");
        statuses.push(`${new URL(request.url).pathname.split("/").at(-1)}${message === null ? "" : ` ${message}`}`);
        return response;
      },
    });
  const replica = replicaAt("old");
  await replica.sync();
  const snapshots = join(sqld.dataDir, "dbs/default/snapshots");
  const fill = async (): Promise<void> => {
    for (let i = 0; i < 6; i += 1) await writer.execute("INSERT INTO t (x) VALUES (randomblob(400000))");
    await eventually(() => (readdirSync(snapshots).length > 0 ? true : undefined));
  };
  return { writer, replica, replicaAt, statuses, snapshots, fill };
}

const digest = "SELECT group_concat(id || ' ' || length(x) || ' ' || hex(substr(x, -8))) FROM t";

describe("a primary that compacts its log", () => {
  it("is followed by a replica whose frames are gone from the log, and by a new one", async () => {
    const { writer, replica, replicaAt, statuses, fill } = await compacting();
    await fill();
    statuses.length = 0;
    const { frames_synced } = (await replica.sync())!;
    expect(frames_synced).toBeGreaterThan(500);
    expect(statuses).toEqual(expect.arrayContaining(["BatchLogEntries NEED_SNAPSHOT", "Snapshot"]));
    const fresh = replicaAt("fresh");
    await fresh.sync();
    const expected = await valueOf(writer, digest);
    for (const each of [replica, fresh]) {
      expect(await valueOf(each, digest)).toBe(expected);
      expect(await valueOf(each, "PRAGMA integrity_check")).toBe("ok");
    }
    await fresh.execute("INSERT INTO t (x) VALUES (1)");
    await replica.waitFor(fresh.position()!);
    expect(await valueOf(replica, digest)).toBe(await valueOf(fresh, digest));
  });

  it("may be without a snapshot for a while: a write waits for it, an error says so, and it heals", async () => {
    const { replica, replicaAt, statuses, snapshots, fill } = await compacting();
    await fill();
    renameSync(snapshots, `${snapshots}-away`);
    mkdirSync(snapshots);
    const writing = replica.execute("INSERT INTO t (x) VALUES (1)");
    const first = replicaAt("first");
    expect(await rejection(first.sync())).toMatchObject({ code: "SYNC_FAILED", isRetryable: true });
    expect(statuses).toContain("Snapshot snapshot%20not%20found");
    expect(first.status().replica).toMatchObject({ isPrimaryReachable: true, lastError: { code: "SYNC_FAILED" } });
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(0);
    for (const name of readdirSync(`${snapshots}-away`))
      renameSync(`${snapshots}-away/${name}`, `${snapshots}/${name}`);
    await writing;
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(7);
    expect(await valueOf(first, digest)).toBe(await valueOf(replica, digest));
  });

  it("is not followed beyond what it had when the sync began, however fast it writes", async () => {
    const { writer, replica } = await compacting();
    await writer.execute("INSERT INTO t (x) VALUES (randomblob(900000))");
    let isWriting = true;
    const writers = [1, 2].map(async () => {
      while (isWriting) await writer.execute("UPDATE t SET x = randomblob(900000)");
    });
    for (let i = 0; i < 3; i += 1) {
      const { frame_no } = (await replica.sync())!;
      expect(frame_no).toBeGreaterThan(0);
      expect(await valueOf(replica, "SELECT count(*) FROM t WHERE length(x) = 900000")).toBe(1);
    }
    isWriting = false;
    await Promise.all(writers);
    await replica.sync();
    expect(await valueOf(replica, digest)).toBe(await valueOf(writer, digest));
  });
});
