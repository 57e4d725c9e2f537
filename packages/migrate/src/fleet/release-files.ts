import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ResolvedTenant } from "./tenant.ts";

/**
 * Lets go of the files of closed tenants.
 *
 * The libSQL library cannot finalize a statement, and keeps a closed database's file open until the garbage collector has
 * met its last one. Going through thousands of files that is too late: 650 were open after 8,000, and the process limit is
 * often 1,024. So the young generation is collected now and then, which takes about a millisecond.
 */
export class FileReleaser {
  readonly #every: number;
  readonly #majorEvery: number;
  #closed = 0;
  #collections = 0;
  #collect: NodeJS.GCFunction | undefined;

  /**
   * @param every tenants after which files are released.
   * @param majorEvery one of so many collections is of all generations. Default none.
   */
  constructor(every = 50, majorEvery = Number.POSITIVE_INFINITY) {
    this.#every = every;
    this.#majorEvery = majorEvery;
  }

  /** Call after each tenant. */
  tenantClosed({ path, config }: ResolvedTenant): void {
    if (path === undefined || config.engine === "sqlite") return;
    this.#closed += 1;
    if (this.#closed % this.#every !== 0) return;
    this.#collections += 1;
    this.#collect ??= exposeCollector();
    this.#collect?.({ type: this.#collections % this.#majorEvery === 0 ? "major" : "minor" });
  }
}

/** Lets go of all of them at once, for what wants to know whether a file is open. */
export async function collectClosedFiles(): Promise<void> {
  exposeCollector()?.();
  // Files are closed by finalizers, which run in a turn of their own.
  await nextTurn();
}

function exposeCollector(): NodeJS.GCFunction | undefined {
  setFlagsFromString("--expose-gc");
  return runInNewContext("globalThis.gc") as NodeJS.GCFunction | undefined;
}
