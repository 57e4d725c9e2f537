import { Command } from "commander";
import type { CommandEntry, CommandGroup } from "./command.ts";

/** Shells that can be made to complete. */
export const shells = ["bash", "zsh", "fish"] as const;

interface CompletedOption {
  readonly flag: string;
  readonly meaning: string;
  readonly takesValue: boolean;
  /** Everything that its value can be; `undefined` if that is open. */
  readonly choices: readonly string[] | undefined;
}

/** A command with what can follow it. Commands of two words are one of their group. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** What its first argument can be, if that is known. */
  readonly words: readonly string[];
}

/** Commands and their options as they are declared. */
export function describeCommands(
  entries: readonly CommandEntry[],
  groups: readonly CommandGroup[],
): CompletedCommand[] {
  const single = entries.filter(({ name }) => !name.includes(" "));
  const described = single.map((entry) => ({
    name: entry.name,
    summary: entry.summary,
    options: optionsOf(entry),
    words: entry.name === "completion" ? shells : [],
  }));
  const grouped = groups.map(({ name, summary }) => {
    const members = entries.filter((entry) => entry.name.startsWith(`${name} `));
    const options = new Map(members.flatMap(optionsOf).map((option) => [option.flag, option]));
    const words = members.map((entry) => entry.name.slice(name.length + 1));
    return { name, summary, options: [...options.values()], words };
  });
  return [...described, ...grouped];
}

function optionsOf(entry: CommandEntry): CompletedOption[] {
  const command = new Command(entry.name);
  entry.addOptions(command);
  const declared = command.options.map((option) => ({
    flag: option.long ?? option.short ?? "",
    meaning: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices,
  }));
  return [...declared, { flag: "--help", meaning: "display help for command", takesValue: false, choices: undefined }];
}

/** The script of a shell. */
export function completionScript(shell: (typeof shells)[number], commands: readonly CompletedCommand[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands);
}

const program = "litefleet-migrate";

function bashScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, options, words }) => {
    const values = options
      .filter(({ choices }) => choices !== undefined)
      .map(({ flag, choices }) => `      ${flag}) choices="${choices?.join(" ")}" ;;\n`);
    const files = options.filter(({ takesValue, choices }) => takesValue && choices === undefined);
    const filesCase = files.length === 0 ? "" : `      ${files.map(({ flag }) => flag).join("|")}) files=yes ;;\n`;
    const open = [...words, ...options.map(({ flag }) => flag)].join(" ");
    return `    ${name})
      case "$previous" in
${values.join("")}${filesCase}      *) choices="${open}" ;;
      esac ;;
`;
  });
  return `# bash completion for ${program}
_litefleet_migrate() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" command="\${COMP_WORDS[1]}"
  local choices="" files=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    choices="${[...commands.map(({ name }) => name), "help", "--help", "--version"].join(" ")}"
  else
    case "$command" in
${cases.join("")}    help) choices="${commands.map(({ name }) => name).join(" ")}" ;;
    esac
  fi
  if [ -n "$files" ]; then
    COMPREPLY=($(compgen -f -- "$current"))
  else
    COMPREPLY=($(compgen -W "$choices" -- "$current"))
  fi
}
complete -o filenames -F _litefleet_migrate ${program}
`;
}

function zshScript(commands: readonly CompletedCommand[]): string {
  const quote = (text: string): string => text.replaceAll("'", "'\\''");
  const describe = (text: string): string => quote(text.replaceAll(/[[\]:]/gu, String.raw`\$&`));
  const cases = commands.map(({ name, options, words }) => {
    const specs = options.map(({ flag, meaning, takesValue, choices }) => {
      const value = choices === undefined ? ":value:_files" : `:value:(${choices.join(" ")})`;
      return `'*${flag}[${describe(meaning)}]${takesValue ? value : ""}'`;
    });
    if (words.length > 0) specs.push(`'1:word:(${words.join(" ")})'`);
    return `    ${name}) _arguments ${specs.join(" ")} ;;\n`;
  });
  const list = commands.map(({ name, summary }) => `'${name}:${describe(summary)}'`);
  return `#compdef ${program}
_litefleet_migrate() {
  local -a commands
  commands=(${list.join(" ")})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join("")}  esac
}
if [ "$funcstack[1]" = "_litefleet_migrate" ]; then _litefleet_migrate "$@"; else compdef _litefleet_migrate ${program}; fi
`;
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const quote = (text: string): string => `'${text.replaceAll(/['\\]/gu, String.raw`\$&`)}'`;
  const lines = commands.flatMap(({ name, summary, options, words }) => [
    `complete -c ${program} -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`,
    ...(words.length === 0
      ? []
      : [`complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -f -a ${quote(words.join(" "))}`]),
    ...options.map(({ flag, meaning, takesValue, choices }) => {
      const value = choices === undefined ? (takesValue ? " -r" : "") : ` -x -a ${quote(choices.join(" "))}`;
      return `complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}${value} -d ${quote(meaning)}`;
    }),
  ]);
  return `# fish completion for ${program}\n${lines.join("\n")}\n`;
}
