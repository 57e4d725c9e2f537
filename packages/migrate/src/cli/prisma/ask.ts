import type { RawOptions } from "../command.ts";
import type { Io } from "../io.ts";

/** Whether data may be lost: by flag, or on a terminal by a yes after `why` has been shown. */
export function mayLoseData(options: RawOptions, io: Io): (why: readonly string[]) => Promise<boolean> {
  return async (why) => {
    const isAllowed = options["allowDestructive"] === true;
    if (!isAllowed && io.confirm === undefined) return false;
    const { yellow } = io.err.colors;
    for (const line of why) io.err.write(`${yellow("warning")} ${line}\n`);
    return isAllowed || (await io.confirm?.("Go on, and lose the data? Type yes to go on: ")) === true;
  };
}
