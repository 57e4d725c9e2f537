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
  /** When the holder last said that it is at work; milliseconds since 1970, by its clock. */
  readonly at: number;
  /** What the namespace's own settings were. */
  readonly was: Pick<NamespaceConfig, "block_writes" | "block_reason">;
}

/** How often a fence's holder says that it is at work, in milliseconds. */
export const fenceBeatMs = 2_000;
/**
 * A fence from another machine of whose holder nothing has been heard for so long was left behind. Less than for a run, so that who
 * takes over a run finds its fences open.
 */
export const fenceSilentMs = 45_000;

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

/** Whether both are of one fence, which may have got further. */
export function isSameFence(a: FenceMark, b: FenceMark): boolean {
  return a.holder === b.holder && a.phase === b.phase;
}

/**
 * Whether who put up a fence is at work: on this machine a process that lives, save this one, whose fences are its own; on another
 * machine one that has said so lately.
 */
export function isHolderAlive({ holder, at }: FenceMark, now = Date.now()): boolean {
  const colon = holder.lastIndexOf(":");
  const pid = Number(holder.slice(colon + 1));
  if (holder.slice(0, colon) !== hostname()) return now - at < fenceSilentMs;
  return pid !== process.pid && isProcessAlive(pid);
}

function isMark(value: unknown): value is FenceMark {
  if (typeof value !== "object" || value === null) return false;
  return "phase" in value && "holder" in value && "was" in value && "at" in value;
}
