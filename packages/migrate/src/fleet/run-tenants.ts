import { stat } from "node:fs/promises";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { isBusy } from "../tenant-errors.ts";
import type { ResolvedTenant } from "./tenant.ts";

/** How a fleet is gone through. */
export interface RunOptions {
  /** Tenants under way at once, each with one client. Default 8. */
  readonly concurrency?: number;
  /** Starts no further tenant once it fires; those under way are finished. */
  readonly signal?: AbortSignal;
}

/** @throws {RangeError} if `concurrency` is not a whole number from 1 on. */
export function checkConcurrency(concurrency: number | undefined): number {
  if (concurrency === undefined) return 8;
  if (Number.isSafeInteger(concurrency) && concurrency >= 1) return concurrency;
  throw new RangeError(`Expected concurrency as a whole number from 1 on, got ${concurrency}`);
}

/**
 * Runs `work` once for each tenant, at most `concurrency` at a time, in order of the list. `work` must not throw: its
 * result says what went wrong. Results stand in the order of the list; `undefined` for a tenant that was not started.
 */
export async function runTenants<T>(
  tenants: readonly ResolvedTenant[],
  options: RunOptions,
  work: (tenant: ResolvedTenant) => Promise<T>,
  onDone: (result: T, running: number) => void,
): Promise<(T | undefined)[]> {
  const results: (T | undefined)[] = Array.from({ length: tenants.length });
  let next = 0;
  let running = 0;
  const worker = async (): Promise<void> => {
    while (next < tenants.length && options.signal?.aborted !== true) {
      const index = next;
      next += 1;
      running += 1;
      // Local engines are synchronous: without a turn of the event loop no signal, timer or output would get through.
      await nextTurn();
      const result = await work(tenants[index]!);
      running -= 1;
      results[index] = result;
      onDone(result, running);
    }
  };
  await Promise.all(Array.from({ length: Math.min(checkConcurrency(options.concurrency), tenants.length) }, worker));
  return results;
}

/** How long another process may keep a file to itself, as Turso Database does. */
const openTimeoutMs = 30_000;
const openDelayMs = 50;

async function openClient({ config }: ResolvedTenant): Promise<Client> {
  const until = performance.now() + openTimeoutMs;
  for (;;) {
    try {
      return createClient(config);
    } catch (error) {
      if (!isBusy(error) || performance.now() >= until) throw error;
      await sleep(openDelayMs);
    }
  }
}

/** Opens the tenant for the time of `use`, at most until the signal fires: what is under way on the client then fails. */
export async function withClient<T>(
  tenant: ResolvedTenant,
  use: (client: Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = await openClient(tenant);
  const close = (): void => {
    client.close();
  };
  signal?.addEventListener("abort", close, { once: true });
  try {
    signal?.throwIfAborted();
    return await use(client);
  } finally {
    signal?.removeEventListener("abort", close);
    client.close();
  }
}

/** False for a file that is not there yet, which opening it would create. */
export async function tenantExists({ path }: ResolvedTenant): Promise<boolean> {
  if (path === undefined) return true;
  return stat(path).then(
    () => true,
    () => false,
  );
}
