import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createClient } from "@litefleet/driver";
import { startTursoSyncServer } from "@litefleet/testing";
import { connect } from "@tursodatabase/sync";
import type { Report } from "./report.ts";

const rows = 10_000;
const perTransaction = 100;
const body = "x".repeat(4_000);

/** What is measured of a push: how long it takes, and the longest time that the event loop was kept busy, in milliseconds. */
interface Push {
  readonly ms: number;
  readonly longestGapMs: number;
}

/** A push of 40 MB of offline writes against the library's own. */
export async function benchOffline(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-bench-"));
  const peer = await pushOfPeer(join(folder, "peer.db"));
  const ours = await pushOfOurs(join(folder, "ours.db"));
  report.figure("a push of 10,000 rows of 4 KB, of ours", ours.ms, "ms");
  report.figure("the same, of @tursodatabase/sync", peer.ms, "ms");
  report.figure("longest block of the event loop, of ours", ours.longestGapMs, "ms");
  report.figure("the same, of @tursodatabase/sync", peer.longestGapMs, "ms");
  report.figure("time of the peer over ours", peer.ms / ours.ms, "×", { atLeast: 1 });
  report.figure("longest block of the peer over ours", peer.longestGapMs / ours.longestGapMs, "×", { atLeast: 10 });
  await rm(folder, { recursive: true, force: true });
}

async function pushOfOurs(path: string): Promise<Push> {
  await using server = await startServer();
  await using client = createClient({ engine: "turso", url: `file:${path}`, syncUrl: server.url, offline: true });
  for (let row = 0; row < rows; row += perTransaction) {
    await client.batch(
      Array.from({ length: perTransaction }, (_, i) => ["INSERT INTO t VALUES (?, ?)", [`k${row + i}`, body]]),
      "write",
    );
  }
  const push = await measured(() => client.push());
  return push;
}

async function pushOfPeer(path: string): Promise<Push> {
  await using server = await startServer();
  const client = await connect({ path, url: server.url });
  for (let row = 0; row < rows; row += perTransaction) {
    const inserts = Array.from({ length: perTransaction }, (_, i) => `INSERT INTO t VALUES ('k${row + i}', '${body}')`);
    await client.exec(`BEGIN; ${inserts.join("; ")}; COMMIT`);
  }
  const push = await measured(() => client.push());
  await client.close();
  return push;
}

async function measured(push: () => Promise<unknown>): Promise<Push> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const startedAt = performance.now();
  await push();
  const ms = performance.now() - startedAt;
  // The last delay is noted with the next look.
  await new Promise((resolve) => void setTimeout(resolve, 10));
  delays.disable();
  return { ms, longestGapMs: delays.max / 1e6 };
}

async function startServer(): ReturnType<typeof startTursoSyncServer> {
  const server = await startTursoSyncServer();
  const requests = [{ type: "execute", stmt: { sql: "CREATE TABLE t (id TEXT PRIMARY KEY, body TEXT)" } }];
  await fetch(`${server.url}/v2/pipeline`, { method: "POST", body: JSON.stringify({ baton: null, requests }) });
  return server;
}
