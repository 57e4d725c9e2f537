import { shells } from "../completion-script.ts";
import type { CommandEntry } from "../command.ts";

/** `litefleet-migrate completion` in `--help`. */
export const completion: CommandEntry = {
  name: "completion",
  arguments: "<shell>",
  summary: "print completion for bash, zsh or fish",
  details: `For ${shells.join(", ")}. Prints a script for litefleet-migrate as it is on the PATH.\n\nExit code 0: done. 1: an unknown shell.`,
  examples: [
    ["completion bash >> ~/.bashrc", "bash"],
    ["completion zsh > ~/.zfunc/_litefleet-migrate", "zsh, with ~/.zfunc in fpath"],
    ["completion fish > ~/.config/fish/completions/litefleet-migrate.fish", "fish"],
  ],
  addOptions: () => {},
  required: [],
  load: () => import("../completion.ts"),
};
