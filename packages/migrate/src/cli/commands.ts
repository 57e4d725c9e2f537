import type { CommandEntry, CommandGroup } from "./command.ts";
import { backups } from "./entries/backups.ts";
import { baseline } from "./entries/baseline.ts";
import { dashboard } from "./entries/dashboard.ts";
import { doctor } from "./entries/doctor.ts";
import { down } from "./entries/down.ts";
import { completion } from "./entries/completion.ts";
import { drift } from "./entries/drift.ts";
import { init } from "./entries/init.ts";
import { lint } from "./entries/lint.ts";
import { newEntry } from "./entries/new.ts";
import { plan } from "./entries/plan.ts";
import { provision } from "./entries/provision.ts";
import { prismaCommands } from "./entries/prisma/commands.ts";
import { prismaGroup } from "./entries/prisma/group.ts";
import { rehearse } from "./entries/rehearse.ts";
import { repair } from "./entries/repair.ts";
import { resolve } from "./entries/resolve.ts";
import { restore } from "./entries/restore.ts";
import { resume, retry } from "./entries/resume.ts";
import { runs, show } from "./entries/runs.ts";
import { status } from "./entries/status.ts";
import { unfence } from "./entries/unfence.ts";
import { up } from "./entries/up.ts";
import { verify } from "./entries/verify.ts";

/** Every command under its heading, in the order of `--help`. */
export const commandSections: readonly { readonly heading: string; readonly commands: readonly CommandEntry[] }[] = [
  { heading: "Migrate:", commands: [up, plan, rehearse, down, resume, retry] },
  { heading: "Look:", commands: [status, runs, show, dashboard, verify, drift, lint] },
  { heading: "Databases:", commands: [provision, restore, backups, unfence] },
  { heading: "History:", commands: [baseline, resolve, repair] },
  { heading: "Set up:", commands: [init, doctor, newEntry, completion] },
  { heading: "For one tool:", commands: prismaCommands },
];

/** Every command. */
export const commands: readonly CommandEntry[] = commandSections.flatMap((section) => section.commands);

/** What the first word of a command of two words stands for. */
export const commandGroups: readonly CommandGroup[] = [prismaGroup];
