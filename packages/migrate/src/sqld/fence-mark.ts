import { hostname } from "node:os";
import { isProcessAlive } from "../run/holder.ts";
import type { NamespaceConfig } from "./sqld-admin.ts";

/**
 * How far a fenced migration is.
 *
 * - `"copying"`: the namespace is as it was, and its copy is being migrated.
 * - `"swapping"`: the copy is migrated, and takes the namespace's place.
 * - `"swapped"`: it has.
 */
export type FencePhase = "copying" | "swapping" | "swapped";

/** What a fence leaves in the settings of a namespace, as the reason why writes are blocked. */
export interface FenceMark {
  readonly phase: FencePhase;
  /** `host:pid` */
  readonly holder: string;
  /** What the namespace's own settings were. */
  readonly was: Pick<NamespaceConfig, "block_writes" | "block_reason">;
}

// People see it, as the reason why they cannot write.
const words = "litefleet-migrate migrates this database, try again soon";

/** The settings with a fence. */
export function fenced(config: NamespaceConfig, mark: FenceMark): NamespaceConfig {
  return { ...config, block_writes: true, block_reason: `${words} ${JSON.stringify(mark)}` };
}

/** The fence in these settings. */
export function markOf({ block_reason: reason }: NamespaceConfig): FenceMark | undefined {
  if (reason === null || !reason.startsWith(words)) return undefined;
  try {
    const value: unknown = JSON.parse(reason.slice(words.length));
    return isMark(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The settings as they were before the fence. */
export function unfenced(config: NamespaceConfig, mark: FenceMark): NamespaceConfig {
  return { ...config, ...mark.was };
}

/** Whether the process that put up a fence is known to live; this one's are its own. Of another host nobody knows. */
export function isHolderAlive({ holder }: FenceMark): boolean {
  const at = holder.lastIndexOf(":");
  const pid = Number(holder.slice(at + 1));
  return holder.slice(0, at) === hostname() && pid !== process.pid && isProcessAlive(pid);
}

function isMark(value: unknown): value is FenceMark {
  return typeof value === "object" && value !== null && "phase" in value && "holder" in value && "was" in value;
}
