import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { scratchFolderSync } from "./scratch.ts";

/** How a process ended, and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of this Node. */
export interface RunningNode {
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  /** Writes to its stdin. */
  write(text: string): void;
  /** Ends its stdin, for which it may wait. */
  go(): void;
  /** Resolves as soon as stderr holds `text`. */
  says(text: string): Promise<void>;
  /** The first group of the pattern, as soon as stdout matches it. */
  stdoutOf(pattern: RegExp): Promise<string>;
}

/** Where a process runs. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** Starts `litefleet-migrate` with these arguments, in a folder of its own unless `cwd` is given: runs leave a ledger there. */
export function startCli(args: readonly string[], options: RunOptions = {}): RunningNode {
  return startNode([bin, ...args], { cwd: scratchFolderSync(), ...options });
}

/** Runs `litefleet-migrate` to its end. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return startCli(args, options).ended;
}

/** Starts Node with these arguments. */
export function startNode(args: readonly string[], { cwd, env }: RunOptions = {}): RunningNode {
  const { NO_COLOR: _, FORCE_COLOR: __, LIBSQL_AUTH_TOKEN: ___, ...rest } = process.env;
  // What it leaves when it is killed goes with the test.
  const own = { TMPDIR: scratchFolderSync() };
  const child = spawn(process.execPath, args, { cwd, env: { ...rest, ...own, ...env }, stdio: "pipe" });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return {
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
    write: (text) => {
      child.stdin.write(text);
    },
    go: () => {
      child.stdin.end();
    },
    stdoutOf: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(stdout)?.[1];
          if (found !== undefined) resolve(found);
        };
        child.stdout.on("data", look);
        child.on("close", () => reject(new Error(`It ended without writing ${String(pattern)}:\n${stderr}`)));
        look();
      }),
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stderr.includes(text)) resolve();
        };
        child.stderr.on("data", look);
        child.on("close", () => reject(new Error(`It ended without saying ${JSON.stringify(text)}:\n${stderr}`)));
        look();
      }),
  };
}
