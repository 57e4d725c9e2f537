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
  readonly #generation: "minor" | "major";
  #closed = 0;
  #collect: NodeJS.GCFunction | undefined;

  /**
   * @param every tenants after which files are released: this many stay open at most, beside those in use.
   * @param generation what is collected: with a small nursery, as threads have, what is to go is among the old.
   */
  constructor(every = 50, generation: "minor" | "major" = "minor") {
    this.#every = every;
    this.#generation = generation;
  }

  /** Call after each tenant. */
  tenantClosed({ path, config }: ResolvedTenant): void {
    if (path === undefined || config.engine === "sqlite") return;
    this.#closed += 1;
    if (this.#closed >= this.#every) this.release();
  }

  /** Lets go of what is closed now, if there is anything: of all of it with `"major"`, which takes longer. */
  release(generation = this.#generation): void {
    if (this.#closed === 0) return;
    this.#closed = 0;
    this.#collect ??= exposeCollector();
    this.#collect?.({ type: generation });
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
