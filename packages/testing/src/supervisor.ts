// Runs a server for as long as the process that asked for it lives: its end closes our standard input, however it ended.
import { spawn } from "node:child_process";
import { openSync, rmSync } from "node:fs";

/** Milliseconds from the request to end to the end by force. */
const graceMs = 3_000;

const [logFile, folderToRemove, command, ...args] = process.argv.slice(2) as [string, string, string, ...string[]];
const log = openSync(logFile, "a");
const child = spawn(command, args, { stdio: ["ignore", log, log] });

let isOrphaned = false;

child.on("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
child.on("exit", (code) => {
  if (isOrphaned && folderToRemove !== "") rmSync(folderToRemove, { recursive: true, force: true });
  process.exit(code ?? 0);
});

process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk: string) => {
  if (chunk.includes("kill")) child.kill("SIGKILL");
  else if (chunk.includes("stop")) stop();
});
process.stdin.on("end", orphaned);
process.stdin.on("error", orphaned);
// A terminal sends its signals to the whole group; whether we end is decided by the one who started us.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

function orphaned(): void {
  isOrphaned = true;
  child.kill("SIGKILL");
}

function stop(): void {
  child.kill("SIGTERM");
  setTimeout(() => child.kill("SIGKILL"), graceMs).unref();
}
