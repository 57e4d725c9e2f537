import { MigrateError } from "../errors.ts";
import { isHolderAlive, markOf, unfenced } from "./fence-mark.ts";
import type { SqldAdmin } from "./sqld-admin.ts";

/** The namespace in which the copy of another one is migrated. */
export function scratchOf(namespace: string): string {
  return `${namespace}--litefleet-fence`;
}

/**
 * What was done about a namespace: it had no fence; it was as before and writes are let in again; or its migrated copy had begun
 * to take its place, and has taken it.
 */
export type LiftedFence = "none" | "lifted" | "finished";

/**
 * Takes down a fence that somebody has left, and ends what they had begun, so that the namespace is whole: as before the migration or as
 * after it. Can be done again at any time.
 *
 * @param isThorough also look for what is left behind a fence that is down. Without it a namespace without one costs a single question.
 * @throws {MigrateError} `TENANT_BUSY` if who put it up is at work; `TENANT_FAILED`.
 */
export async function liftFence(admin: SqldAdmin, namespace: string, isThorough = true): Promise<LiftedFence> {
  const scratch = scratchOf(namespace);
  const config = await admin.configOf(namespace);
  const mark = config && markOf(config);
  // What may be left then is a copy that nobody needs, which the next fence takes away.
  if (config !== undefined && mark === undefined && !isThorough) return "none";
  const copy = await admin.configOf(scratch);
  const copyMark = copy && markOf(copy);
  if (mark === undefined && copyMark === undefined) return "none";
  // While the copy takes the namespace's place only the copy says so.
  const alive = [mark, copyMark].find((one) => one !== undefined && isHolderAlive(one));
  if (alive !== undefined) {
    throw new MigrateError(`Namespace ${namespace} is fenced by ${alive.holder}, which is at work.`, "TENANT_BUSY");
  }
  if (copy === undefined || copyMark === undefined || (mark?.phase === "copying" && copyMark.phase !== "swapped")) {
    if (config !== undefined && mark !== undefined) await admin.configure(namespace, unfenced(config, mark));
    if (copy !== undefined) await admin.remove(scratch);
    return "lifted";
  }
  if (copyMark.phase === "swapping") {
    if (config !== undefined && mark === undefined) {
      throw new MigrateError(
        `Namespace ${namespace} was made by somebody else while its migrated copy was to take its place. That is ${scratch}; ` +
          `look at both, and delete one.`,
        "TENANT_FAILED",
      );
    }
    // Nobody could write to what is there: it has the fence's settings from its first moment.
    if (config !== undefined) await admin.remove(namespace);
    await admin.fork(scratch, namespace);
    await admin.configure(scratch, {
      ...copy,
      block_reason: copy.block_reason?.replace("swapping", "swapped") ?? null,
    });
  }
  const now = await admin.configOf(namespace);
  const markNow = now && markOf(now);
  if (now !== undefined && markNow !== undefined) await admin.configure(namespace, unfenced(now, markNow));
  await admin.remove(scratch);
  return "finished";
}
