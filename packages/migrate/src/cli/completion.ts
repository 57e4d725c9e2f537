import { MigrateError } from "../errors.ts";
import { argumentsOf } from "./arguments.ts";
import type { RawOptions } from "./command.ts";
import { commandGroups, commands } from "./commands.ts";
import { completionScript, describeCommands, shells } from "./completion-script.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";

/** `litefleet-migrate completion` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const [name] = argumentsOf(options);
  const shell = shells.find((known) => known === name);
  if (shell === undefined) {
    throw new MigrateError(`Completion is for ${shells.join(", ")}, not for ${name}.`, "ARGUMENT_INVALID");
  }
  io.out.write(completionScript(shell, describeCommands(commands, commandGroups)));
  return exitCodes.done;
}
