import type { Command } from "commander";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";

/** A command's options as commander read them; its arguments, if it takes any, stand in `arguments`. */
export type RawOptions = Readonly<Record<string, unknown>>;

/** What a command's module exports. */
interface CommandModule {
  run(options: RawOptions, io: Io): Promise<ExitCode>;
}

/** A command as `--help` shows it. Its code is loaded only when it runs. */
export interface CommandEntry {
  /** One word, or a group and a word: `prisma dev`. */
  readonly name: string;
  /** What it takes beside options, as commander writes it: `<run>`, `[tenant...]`. Default nothing. */
  readonly arguments?: string;
  readonly summary: string;
  readonly details: string;
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  addOptions(command: Command): void;
  /** Flags that must be given. Commander would ask for them before it tells of an unknown flag. */
  readonly required: readonly string[];
  /** `--config` names the configuration of another tool, which the command reads itself. Default false. */
  readonly readsOwnConfig?: boolean;
  /** A configuration that cannot be loaded does not end the command: the error stands in `configError`. Default false. */
  readonly survivesBadConfig?: boolean;
  load(): Promise<CommandModule>;
}

/** Commands that share their first word. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly details: string;
}
