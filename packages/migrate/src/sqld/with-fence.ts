import { setTimeout as sleep } from "node:timers/promises";
import { MigrateError } from "../errors.ts";
import { namespaceFetch } from "../fleet/namespace-fetch.ts";
import { withClient } from "../fleet/run-tenants.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import { isBusy } from "../tenant-errors.ts";
import { thisHolder } from "../run/holder.ts";
import { FenceBeat } from "./fence-beat.ts";
import { fenced } from "./fence-mark.ts";
import type { FenceMark, FencePhase } from "./fence-mark.ts";
import { liftFence, scratchOf } from "./lift-fence.ts";
import { replicationIndexOf } from "./replication-index.ts";
import { adminOf } from "./sqld-admin.ts";

const retryDelayMs = 50;
/** A server takes the lock from a transaction after 5 seconds when another one waits for it. */
const lockTimeoutMs = 30_000;

/**
 * Migrates a namespace of a libSQL server while nobody can write to it. The server blocks the writes of everybody, also ours, and takes
 * the lock from a transaction that runs for more than five seconds as soon as somebody waits for it. So a copy is migrated (a fork, to
 * which nobody else writes), and then takes the namespace's place. Reads go on, and wait for a moment at the end; embedded replicas are
 * made anew after it. If the migration fails the namespace is as it was. Whatever happens on the way, {@link liftFence} ends it.
 *
 * @param migrate gets the copy as a tenant.
 * @param hasChanged whether it did anything; if not the namespace stays what it is.
 * @throws {MigrateError} `TENANT_BUSY`, `TENANT_FAILED`, and what `migrate` throws.
 */
export async function withFence<T>(
  tenant: ResolvedTenant,
  migrate: (copy: ResolvedTenant) => Promise<T>,
  hasChanged: (result: T) => boolean,
): Promise<T> {
  const { admin, namespace } = adminOf(tenant, "a fence");
  await liftFence(admin, namespace);
  const config = await admin.configOf(namespace);
  if (config === undefined) {
    throw new MigrateError(`The server has no namespace ${namespace}.`, "TENANT_FAILED", { tenant: tenant.name });
  }
  const scratch = scratchOf(namespace);
  const was = { block_writes: config.block_writes, block_reason: config.block_reason };
  const newMark = (phase: FencePhase): FenceMark => ({ phase, holder: thisHolder().name, at: Date.now(), was });
  const beats: FenceBeat[] = [];
  const putUp = async (where: string, phase: FencePhase): Promise<FenceBeat> => {
    const mark = newMark(phase);
    await admin.configure(where, fenced(config, mark));
    const beat = new FenceBeat(admin, where, mark);
    beats.push(beat);
    return beat;
  };
  try {
    const copying = await putUp(namespace, "copying");
    // Who has written before the fence may still commit: they are waited for.
    await waitForWriters(tenant);
    const index = await replicationIndexOf(namespace, tenant.config);
    await admin.remove(scratch);
    await admin.fork(namespace, scratch);
    await admin.configure(scratch, { ...config, block_writes: false, block_reason: null });
    const result = await migrate({
      ...tenant,
      namespace: scratch,
      config: { ...tenant.config, fetch: namespaceFetch(scratch) },
    });
    if (!hasChanged(result)) return result;
    await copying.stop();
    const swapping = await putUp(scratch, "swapping");
    if ((await replicationIndexOf(namespace, tenant.config)) !== index) {
      throw new MigrateError(`Tenant ${tenant.name}: a write came in while the fence was put up.`, "TENANT_BUSY", {
        tenant: tenant.name,
      });
    }
    await copying.assertOurs();
    await admin.remove(namespace);
    await admin.fork(scratch, namespace);
    await swapping.stop();
    await admin.configure(scratch, fenced(config, newMark("swapped")));
    return result;
  } finally {
    await Promise.all(beats.map((beat) => beat.stop()));
    // Also the end of a migration that went well: lets writes in, and takes the copy away.
    await liftFence(admin, namespace);
  }
}

/** Waits until nobody is in a transaction that has written. */
async function waitForWriters(tenant: ResolvedTenant): Promise<void> {
  const until = performance.now() + lockTimeoutMs;
  await withClient(tenant, async (client) => {
    for (;;) {
      try {
        const lock = await client.transaction("write", { timeoutMs: lockTimeoutMs });
        // BEGIN travels with the first statement.
        await lock.execute("SELECT 1");
        await lock.rollback();
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() >= until) throw error;
        await sleep(retryDelayMs);
      }
    }
  });
}
