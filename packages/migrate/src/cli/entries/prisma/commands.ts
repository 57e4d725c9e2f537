import type { CommandEntry } from "../../command.ts";
import { prismaDeploy } from "./deploy.ts";
import { prismaDev } from "./dev.ts";
import { prismaDiff } from "./diff.ts";
import { prismaPull } from "./pull.ts";
import { prismaReset } from "./reset.ts";
import { prismaResolve } from "./resolve.ts";
import { prismaStatus } from "./status.ts";

/** The commands of the group `prisma`, in the order of `--help`. */
export const prismaCommands: readonly CommandEntry[] = [
  prismaDev,
  prismaDiff,
  prismaDeploy,
  prismaStatus,
  prismaResolve,
  prismaReset,
  prismaPull,
].map((entry) => ({ ...entry, readsOwnConfig: true }));
