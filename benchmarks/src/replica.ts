import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createClient as createPeer } from "@libsql/client";
import { createClient } from "@litefleet/driver";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import type { FaultProxy, SqldServer } from "@litefleet/testing";
import { measure, median } from "./measure.ts";
import type { Report, Target } from "./report.ts";

/** What both clients have. */
interface ReplicaClient {
  execute(sql: string): Promise<unknown>;
  batch(stmts: string[], mode: "write"): Promise<unknown>;
  sync(): Promise<unknown>;
  close(): void;
}

type Open = (name: string) => ReplicaClient;

const batchOf10 = Array.from({ length: 10 }, (_, i) => `INSERT INTO small VALUES (${i})`);

/** Embedded replicas against the peer's: what a sync does to the event loop, and what a write costs in round trips. */
export async function benchReplica(report: Report): Promise<void> {
  await using sqld = await startSqld();
  await using proxy = await startFaultProxy({ target: sqld.url });
  const folder = await mkdtemp(join(tmpdir(), "litefleet-bench-"));
  const writer = createClient({ url: sqld.url });
  await writer.batch(
    ["CREATE TABLE small (x)", "CREATE TABLE big (x)", "CREATE TABLE one (id INTEGER PRIMARY KEY, x)"],
    "write",
  );
  await writer.execute("INSERT INTO one VALUES (1, 'text')");
  const ours: Open = (name) => createClient({ url: `file:${join(folder, `${name}.db`)}`, syncUrl: proxy.url });
  const peer: Open = (name) => createPeer({ url: `file:${join(folder, `${name}.db`)}`, syncUrl: proxy.url });
  const oneWay = [0, 10, 25];
  for (const delayMs of oneWay) await benchRoundTrips(report, proxy, delayMs, ours, peer);
  for (const delayMs of oneWay) await benchVisibility(report, sqld, proxy, delayMs, ours, peer);
  proxy.delay(0);
  await benchReads(report, ours, peer);
  await writer.batch(
    Array.from({ length: 40 }, () => "INSERT INTO big VALUES (zeroblob(1000000))"),
    "write",
  );
  for (const delayMs of oneWay) {
    proxy.delay(delayMs);
    await benchEventLoop(report, `at ${2 * delayMs} ms`, ours(`big-ours-${delayMs}`), { atMost: 15 });
    await benchEventLoop(report, `at ${2 * delayMs} ms by the peer`, peer(`big-peer-${delayMs}`), {});
  }
  writer.close();
  await rm(folder, { recursive: true, force: true });
}

async function benchRoundTrips(
  report: Report,
  proxy: FaultProxy,
  delayMs: number,
  openOurs: Open,
  openPeer: Open,
): Promise<void> {
  proxy.delay(0);
  const ours = openOurs(`ours-${delayMs}`);
  const peer = openPeer(`peer-${delayMs}`);
  await ours.sync();
  await peer.sync();
  proxy.delay(delayMs);
  const roundTripMs = 2 * delayMs;
  for (const [what, work] of [
    ["a write", (client: ReplicaClient) => client.execute("INSERT INTO small VALUES (1)")],
    ["a batch of 10", (client: ReplicaClient) => client.batch(batchOf10, "write")],
  ] as const) {
    const oursMs = await medianMs(() => work(ours));
    const peerMs = await medianMs(() => work(peer));
    if (delayMs === 0) {
      report.figure(`${what} with no distance`, oursMs, "ms");
      report.figure("the same by the peer", peerMs, "ms");
    } else {
      report.figure(`${what} at ${roundTripMs} ms, in round trips`, oursMs / roundTripMs, "rt", { atMost: 2.5 });
      report.figure("the same by the peer", peerMs / roundTripMs, "rt");
    }
  }
  ours.close();
  peer.close();
}

async function benchReads(report: Report, openOurs: Open, openPeer: Open): Promise<void> {
  const ours = openOurs("read-ours");
  const peer = openPeer("read-peer");
  await ours.sync();
  await peer.sync();
  const read =
    (client: ReplicaClient) =>
    async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) await client.execute("SELECT x FROM one WHERE id = 1");
    };
  const medians = await measure([
    { name: "ours", work: read(ours), times: 5_000 },
    { name: "peer", work: read(peer), times: 5_000 },
  ]);
  const oursUs = medians.get("ours") ?? Number.NaN;
  report.figure("a local read", oursUs, "µs");
  report.figure("the peer's, against it", (medians.get("peer") ?? Number.NaN) / oursUs, "×", { atLeast: 1 });
  ours.close();
  peer.close();
}

/** From the answer to a commit by somebody else, who is near the primary, to its visibility after a `sync()`. */
async function benchVisibility(
  report: Report,
  sqld: SqldServer,
  proxy: FaultProxy,
  delayMs: number,
  openOurs: Open,
  openPeer: Open,
): Promise<void> {
  proxy.delay(0);
  const writer = createClient({ url: sqld.url });
  for (const [whose, open] of [
    ["", openOurs],
    [" by the peer", openPeer],
  ] as const) {
    const replica = open(`visible-${delayMs}${whose}`);
    await replica.sync();
    proxy.delay(delayMs);
    const samples: number[] = [];
    for (let i = 0; i < 15; i += 1) {
      await writer.execute("INSERT INTO small VALUES (2)");
      const startedAt = performance.now();
      await replica.sync();
      samples.push(performance.now() - startedAt);
    }
    report.figure(`from a commit to its visibility at ${2 * delayMs} ms${whose}`, median(samples), "ms");
    replica.close();
    proxy.delay(0);
  }
  writer.close();
}

async function benchEventLoop(report: Report, where: string, client: ReplicaClient, p99: Target): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const startedAt = performance.now();
  let tickedAt = startedAt;
  let ticks = 0;
  let longestMs = 0;
  const tick = (): void => {
    longestMs = Math.max(longestMs, performance.now() - tickedAt);
    tickedAt = performance.now();
    ticks += 1;
  };
  const timer = setInterval(tick, 5);
  delay.enable();
  await client.sync();
  const tookMs = performance.now() - startedAt;
  const share = (ticks / (tookMs / 5)) * 100;
  tick();
  delay.disable();
  clearInterval(timer);
  // The monitor cannot see a loop that never turns.
  if (share > 1) report.figure(`a 40 MB sync ${where}: event-loop delay p99`, delay.percentile(99) / 1e6, "ms", p99);
  report.figure(`a 40 MB sync ${where}: longest pause`, longestMs, "ms");
  report.figure(`a 40 MB sync ${where}: timer ticks that came`, share, "%");
  report.figure(`a 40 MB sync ${where}`, tookMs, "ms");
  client.close();
}

async function medianMs(work: () => Promise<unknown>): Promise<number> {
  await work();
  const samples: number[] = [];
  for (let i = 0; i < 7; i += 1) {
    const startedAt = performance.now();
    await work();
    samples.push(performance.now() - startedAt);
  }
  return median(samples);
}
