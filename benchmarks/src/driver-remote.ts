import { createClient as createPeer } from "@libsql/client";
import { createClient } from "@litefleet/driver";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import { measure } from "./measure.ts";
import type { Report } from "./report.ts";

const delayMs = 20;

/** A server beside us, and one 20 ms away in each direction, where what counts is round trips. */
export async function benchRemote(report: Report): Promise<void> {
  await using sqld = await startSqld();
  await benchBeside(report, sqld.url);
  await using proxy = await startFaultProxy({ target: sqld.url });
  const peer = createPeer({ url: proxy.url });
  const ours = createClient({ url: proxy.url });
  await ours.execute("CREATE TABLE t (a)");
  await peer.execute("SELECT 1");
  proxy.delay(delayMs);
  const many = (client: { execute(sql: string): Promise<unknown> }) => async (): Promise<void> => {
    await Promise.all(Array.from({ length: 100 }, () => client.execute("SELECT count(*) FROM t")));
  };
  const medians = await measure([
    { name: "peer 100", work: many(peer), times: 1, isWhole: true },
    { name: "ours 100", work: many(ours), times: 1, isWhole: true },
    { name: "peer 1", work: oneByOne(peer), times: 10 },
    { name: "ours 1", work: oneByOne(ours), times: 10 },
  ]);
  const roundTrip = 2 * delayMs * 1_000;
  const get = (name: string): number => medians.get(name) ?? Number.NaN;
  report.figure("100 executes at once, in round trips", get("ours 100") / roundTrip, "rt", { atMost: 3 });
  report.figure("the same by the peer", get("peer 100") / roundTrip, "rt");
  report.figure("one execute after the other, against the peer", get("ours 1") / get("peer 1"), "×", { atMost: 1.05 });
  peer.close();
  ours.close();
}

async function benchBeside(report: Report, url: string): Promise<void> {
  await using ours = createClient({ url });
  const peer = createPeer({ url });
  await ours.execute("CREATE TABLE t (a)");
  const medians = await measure([
    { name: "ours", work: oneByOne(ours), times: 200 },
    { name: "peer", work: oneByOne(peer), times: 200 },
  ]);
  peer.close();
  await ours.execute("DROP TABLE t");
  const ratio = (medians.get("peer") ?? Number.NaN) / (medians.get("ours") ?? Number.NaN);
  report.figure("a server beside us: one execute after the other, against the peer", ratio, "×", { atLeast: 1 });
}

function oneByOne(client: { execute(sql: string): Promise<unknown> }): (times: number) => Promise<void> {
  return async (times) => {
    for (let i = 0; i < times; i += 1) await client.execute("SELECT count(*) FROM t");
  };
}
