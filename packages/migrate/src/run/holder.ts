import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { RunRecord } from "./run-record.ts";

/** Who runs a run, so that others can find out whether it is alive. */
export interface Holder {
  /** `host:pid` */
  readonly name: string;
  /** When the process was started, as the system tells; process numbers come again. `""` where it does not tell. */
  readonly startedAt: string;
}

/** A process on another machine that has been silent for so long is taken for dead. */
const silentElsewhereMs = 60_000;
/** One on this machine whose start is not known, so that its number may be another's by now. */
const silentHereMs = 600_000;

/** Runs that this process is in the middle of. */
const runsOfThisProcess = new Set<string>();

/** This process. */
export function thisHolder(): Holder {
  return { name: `${hostname()}:${process.pid}`, startedAt: startOf(process.pid) ?? "" };
}

/** Says that this process is in the middle of a run, until the function that it answers is called. */
export function holdRun(id: string): () => void {
  runsOfThisProcess.add(id);
  return () => {
    runsOfThisProcess.delete(id);
  };
}

/** Whether who runs this run is still there. */
export function isAlive({ id, holder, heartbeatAt }: RunRecord, startedAt: string, now = Date.now()): boolean {
  const host = holder.slice(0, holder.lastIndexOf(":"));
  const pid = Number(holder.slice(holder.lastIndexOf(":") + 1));
  if (host !== hostname()) return now - heartbeatAt < silentElsewhereMs;
  if (pid === process.pid) return runsOfThisProcess.has(id);
  if (!processExists(pid)) return false;
  const start = startOf(pid);
  if (start === undefined || startedAt === "") return now - heartbeatAt < silentHereMs;
  return start === startedAt;
}

/** Whether a process of this machine lives. */
export function isProcessAlive(pid: number): boolean {
  return processExists(pid) && startOf(pid) !== "";
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * The 22nd field of /proc/PID/stat, in ticks since the machine was started; `undefined` where there is none, `""` for
 * a process that is dead but not yet forgotten.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name, in parentheses, may hold anything.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "" : fields[19];
  } catch {
    return undefined;
  }
}
