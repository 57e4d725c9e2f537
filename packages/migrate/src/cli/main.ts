import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import type { Option } from "commander";
import { MigrateError } from "../errors.ts";
import { redact } from "../redact.ts";
import type { CommandEntry, RawOptions } from "./command.ts";
import { commandGroups, commandSections } from "./commands.ts";
import { configHasTenants, withConfig } from "./config-options.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { Interrupted } from "./io.ts";
import type { Io } from "./io.ts";

/** Runs the command line `argv` (without node and script) and answers the exit code. Never throws. */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const program = createProgram(io, async (entry, options) => {
    exitCode = await (await entry.load()).run(options, io);
  });
  try {
    await program.parseAsync(withKnownCommand(program, argv), { from: "user" });
    return exitCode;
  } catch (error) {
    return reportError(error, wantedDocument(argv), io);
  }
}

/**
 * `help up` as `up --help`. A command that there is not is left without what follows it: commander would answer `upp --help` with the
 * help of everything, as if nothing were wrong.
 */
function withKnownCommand(program: Command, argv: readonly string[]): string[] {
  const words = argv[0] === "help" && argv.length > 1 ? [...argv.slice(1), "--help"] : [...argv];
  let command = program;
  for (const [i, word] of words.entries()) {
    if (command.commands.length === 0 || word.startsWith("-")) break;
    const next = command.commands.find((known) => known.name() === word);
    if (next === undefined) return words.slice(0, i + 1);
    command = next;
  }
  return words;
}

/** What the help of everything begins with; each command's own help has more. */
const firstExamples: CommandEntry["examples"] = [
  ["init", "write litefleet.config.ts for what is in this folder"],
  ["status --dir drizzle --targets 'data/*.db'", "the fleet by version"],
  ["up --dir drizzle --targets 'data/*.db' --waves 1,10%,100%", "one tenant first, then a tenth, then all"],
  ["dashboard", "watch it in a browser"],
];

function createProgram(io: Io, run: (entry: CommandEntry, options: RawOptions) => Promise<void>): Command {
  const program = new Command("litefleet-migrate");
  program
    .description(
      "Takes a fleet of SQLite, libSQL and Turso databases through their migrations: exactly once, no row lost.",
    )
    .version(readVersion())
    .usage("<command> [options]")
    .addHelpCommand(new Command("help").argument("[command]").summary("the same as --help").helpGroup("Set up:"))
    .configureHelp({ subcommandTerm: termOf })
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out.write(text), writeErr: (text) => io.err.write(text) })
    .showHelpAfterError("(litefleet-migrate --help shows everything)")
    .addHelpText(
      "after",
      `\nExit codes: 0 done, 1 error, 2 differences found, 3 some tenants failed,
4 halted by a guard, 5 a run is in progress, 130 interrupted.

Examples:
${examplesText(firstExamples)}

litefleet-migrate <command> --help shows a command's options and examples.`,
    );
  for (const { heading, commands } of commandSections) {
    for (const entry of commands) addCommand(program, entry, heading, run);
  }
  return program;
}

function addCommand(
  program: Command,
  entry: CommandEntry,
  heading: string,
  run: (entry: CommandEntry, options: RawOptions) => Promise<void>,
): void {
  const words = entry.name.split(" ");
  const parent = parentOf(program, words, heading);
  const command = parent.command(words.at(-1)!).summary(entry.summary).description(entry.details);
  if (parent === program) command.helpGroup(heading);
  command.addHelpText("after", `\nExamples:\n${examplesText(entry.examples)}`);
  command.allowExcessArguments(false);
  if (entry.arguments !== undefined) command.arguments(entry.arguments);
  entry.addOptions(command);
  command.action(async () => {
    const options = await readOptions(entry, command);
    const missing = command.options.find(
      (option) => entry.required.includes(option.long ?? "") && !has(options, option),
    );
    if (missing !== undefined) command.error(`error: required option '${missing.flags}' not specified`);
    return run(entry, { ...options, arguments: command.args });
  });
}

/** A command in the list: that each has options goes without saying. */
function termOf(command: Command): string {
  const given = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? ` <${name}>` : ` [${name}]`;
  });
  return `${command.name()}${given.join("")}`;
}

/** What the command line says, and the configuration where it says nothing. */
async function readOptions(entry: CommandEntry, command: Command): Promise<RawOptions> {
  if (entry.readsOwnConfig === true) return command.opts();
  try {
    return await withConfig(command, process.cwd());
  } catch (configError) {
    if (entry.survivesBadConfig !== true) throw configError;
    const options: RawOptions = command.opts();
    return { ...options, configError };
  }
}

/** Tenants may also come from a list or from the configuration. */
function has(options: RawOptions, option: Option): boolean {
  if (options[option.attributeName()] !== undefined) return true;
  return option.long === "--targets" && (options["targetsFile"] !== undefined || configHasTenants(options));
}

/** The group that a command of two words belongs to, made at its first one. */
function parentOf(program: Command, words: readonly string[], heading: string): Command {
  if (words.length === 1) return program;
  const group = commandGroups.find(({ name }) => name === words[0])!;
  const known = program.commands.find((command) => command.name() === group.name);
  if (known !== undefined) return known;
  return program
    .command(group.name)
    .summary(group.summary)
    .description(group.details)
    .usage("<command>")
    .helpGroup(heading);
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "unknown";
}

function examplesText(examples: CommandEntry["examples"]): string {
  return examples.map(([command, meaning]) => `  # ${meaning}\n  npx litefleet-migrate ${command}`).join("\n");
}

/** In which form stdout is to get an error, if at all. */
function wantedDocument(argv: readonly string[]): "document" | "line" | undefined {
  const isWanted = (name: string): boolean =>
    argv.includes(`--${name}`) || argv.includes(`--reporter=${name}`) || argv[argv.indexOf("--reporter") + 1] === name;
  return isWanted("json") ? "document" : isWanted("ndjson") ? "line" : undefined;
}

/** Tells what went wrong: a wrong command line and an expected error by its message, a bug of ours with its stack. */
function reportError(error: unknown, wanted: "document" | "line" | undefined, io: Io): ExitCode {
  const tell = (code: string, message: string): void => {
    const told = { code, message };
    if (wanted === "document") io.out.write(`${JSON.stringify({ error: told }, undefined, 2)}\n`);
    else if (wanted === "line") io.out.write(`${JSON.stringify({ type: "error", error: told })}\n`);
  };
  if (error instanceof CommanderError) {
    // Commander has said it already to people; help and version end here too.
    if (error.exitCode === 0) return exitCodes.done;
    tell("ARGUMENT_INVALID", error.message.replace(/^error: /u, ""));
    return exitCodes.error;
  }
  if (error instanceof Interrupted) {
    io.err.write("\n");
    return exitCodes.interrupted;
  }
  const { red } = io.err.colors;
  const secrets = [io.env["LIBSQL_AUTH_TOKEN"], io.env["TURSO_AUTH_TOKEN"]];
  if (error instanceof MigrateError) {
    const message = redact(error.message.slice(error.code.length + 2), secrets);
    tell(error.code, message);
    io.err.write(`${red("error")} ${message}\n`);
    return exitCodeOfError(error);
  }
  const text = redact(error instanceof Error ? (error.stack ?? error.message) : String(error), secrets);
  tell("BUG", text);
  io.err.write(`${red("This is a bug in litefleet-migrate. Please report it with the following:")}\n${text}\n`);
  return exitCodes.error;
}

/** Of commands on a fleet only errors from before the start come here; those on one database throw all of theirs. */
function exitCodeOfError({ code }: MigrateError): ExitCode {
  if (code === "DESTRUCTIVE") return exitCodes.halted;
  if (code === "RUN_IN_PROGRESS") return exitCodes.inProgress;
  if (code === "RESET_NEEDED") return exitCodes.differences;
  return code === "ABORTED" ? exitCodes.interrupted : exitCodes.error;
}
