import { MigrateError } from "../errors.ts";
import { describeCause } from "../tenant-errors.ts";

/**
 * The list that a function of the user's gives.
 *
 * @throws {MigrateError} `TARGET_INVALID` if it throws or gives something else; an error of ours stays what it is.
 */
export async function askFunction<T>(
  name: string,
  ask: () => readonly T[] | Promise<readonly T[]>,
): Promise<readonly T[]> {
  let given: unknown;
  try {
    const list = await ask();
    if (Array.isArray(list)) return list;
    given = list;
  } catch (cause) {
    if (cause instanceof MigrateError) throw cause;
    throw new MigrateError(`The function ${name} failed: ${describeCause(cause)}.`, "TARGET_INVALID", { cause });
  }
  const what = given === null ? "null" : typeof given;
  throw new MigrateError(`The function ${name} has to give a list, and gave ${what}.`, "TARGET_INVALID");
}
