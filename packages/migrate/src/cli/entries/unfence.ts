import type { CommandEntry } from "../command.ts";
import { addFleetOptions } from "./option-groups.ts";

/** `litefleet-migrate unfence` in `--help`. */
export const unfence: CommandEntry = {
  name: "unfence",
  summary: "let writes in again where a killed run has left a fence",
  details:
    "up and resume do so for the tenants that they come to. A migration that had come so far that its result was taking the " +
    "tenant's place is ended, any other one is undone.\n\n" +
    "Exit code 0: done. 1: an error. 3: some could not be reached, or are fenced by a run that is at work. 130: interrupted.",
  examples: [["unfence", "all tenants of litefleet.config.ts"]],
  addOptions: (command) => {
    addFleetOptions(command);
  },
  required: ["--targets"],
  load: () => import("../unfence.ts"),
};
