import type { LossQuestion } from "../fleet/ask-before-loss.ts";
import { tenantCount } from "../report/groups.ts";
import { describeLosses } from "../report/losses.ts";
import { createProgress } from "../report/progress.ts";
import type { Io } from "./io.ts";

/** Asks the person at the terminal before a run takes data away; `undefined` where nobody can be asked. */
export function lossQuestion({ confirm, err }: Io): LossQuestion | undefined {
  if (confirm === undefined) return undefined;
  const progress = createProgress(err, { doing: "Looking at", done: "looked at" });
  return {
    onProgress: progress.update,
    onEnd: progress.end,
    mayLose: (losses, unread) => {
      err.write(`What is to run takes data away.\n${describeLosses(losses, err.colors)}`);
      const others = unread === 0 ? "" : `, and to ${unread} that could not be looked at,`;
      return confirm(`Apply this to ${tenantCount(losses.length)}${others} and lose the data? Type yes to go on: `);
    },
  };
}
