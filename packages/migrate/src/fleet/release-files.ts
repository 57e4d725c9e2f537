import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ResolvedTenant } from "./tenant.ts";

/** Tenants after which files are released: this many stay open at most, beside those in use. */
const every = 50;

/**
 * Lets go of the files of closed tenants.
 *
 * The libSQL library cannot finalize a statement, and keeps a closed database's file open until the garbage collector has
 * met its last one. Going through thousands of files that is too late: 650 were open after 8,000, and the process limit is
 * often 1,024. So the young generation is collected now and then, which takes about a millisecond.
 */
export class FileReleaser {
  #closed = 0;
  #collect: NodeJS.GCFunction | undefined;

  /** Call after each tenant. */
  tenantClosed({ path, config }: ResolvedTenant): void {
    if (path === undefined || config.engine === "sqlite") return;
    this.#closed += 1;
    if (this.#closed % every !== 0) return;
    this.#collect ??= exposeCollector();
    this.#collect?.({ type: "minor" });
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
