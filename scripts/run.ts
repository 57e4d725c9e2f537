import { spawnSync } from "node:child_process";
import { root } from "./public-packages.ts";

/** Where a command runs. */
export interface RunOptions {
  /** Default: the folder of the repository. */
  readonly cwd?: string;
}

/** A program ended with another code than 0; the message has everything that it printed. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
}

/**
 * Runs a program and returns what it printed on stdout; the tools of the workspace are found, as pnpm puts them on PATH.
 *
 * @throws CommandFailure if it exits with another code than 0.
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): string {
  const result = spawnSync(command, args, {
    cwd: options.cwd ?? root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === "win32", // the tools are .cmd files there
  });
  if (result.error) throw new Error(`${command} could not be started`, { cause: result.error });
  if (result.status !== 0) {
    throw new CommandFailure(`${[command, ...args].join(" ")} failed\n${result.stdout}${result.stderr}`);
  }
  return result.stdout;
}
