import { createClient as createPeer } from "@libsql/client";
import { createClient } from "@litefleet/driver";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import { measure } from "./measure.ts";
import type { Report } from "./report.ts";

const delayMs = 20;

/** A server 20 ms away in each direction: what counts is round trips. */
export async function benchRemote(report: Report): Promise<void> {
  await using sqld = await startSqld();
  await using proxy = await startFaultProxy({ target: sqld.url });
  const peer = createPeer({ url: proxy.url });
  const ours = createClient({ url: proxy.url });
  await ours.execute("CREATE TABLE t (a)");
  await peer.execute("SELECT 1");
  proxy.delay(delayMs);
  const many = (client: { execute(sql: string): Promise<unknown> }) => async (): Promise<void> => {
    await Promise.all(Array.from({ length: 100 }, () => client.execute("SELECT count(*) FROM t")));
  };
  const one =
    (client: { execute(sql: string): Promise<unknown> }) =>
    async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) await client.execute("SELECT count(*) FROM t");
    };
  const medians = await measure([
    { name: "peer 100", work: many(peer), times: 1, isWhole: true },
    { name: "ours 100", work: many(ours), times: 1, isWhole: true },
    { name: "peer 1", work: one(peer), times: 10 },
    { name: "ours 1", work: one(ours), times: 10 },
  ]);
  const roundTrip = 2 * delayMs * 1_000;
  const get = (name: string): number => medians.get(name) ?? Number.NaN;
  report.figure("100 executes at once, in round trips", get("ours 100") / roundTrip, "rt", { atMost: 3 });
  report.figure("the same by the peer", get("peer 100") / roundTrip, "rt");
  report.figure("one execute after the other, against the peer", get("ours 1") / get("peer 1"), "×", { atMost: 1.05 });
  peer.close();
  ours.close();
}
