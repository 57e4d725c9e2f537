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
  const list = await call(name, ask);
  if (isList(list)) return list;
  const what = list === null ? "null" : typeof list;
  throw new MigrateError(`The function ${name} has to give a list, and gave ${what}.`, "TARGET_INVALID");
}

async function call<T>(name: string, ask: () => T | Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof MigrateError) throw cause;
    throw new MigrateError(`The function ${name} failed: ${describeCause(cause)}.`, "TARGET_INVALID", { cause });
  }
}

/** Whatever its type says: a configuration in JavaScript has none. */
function isList(value: unknown): boolean {
  return Array.isArray(value);
}
