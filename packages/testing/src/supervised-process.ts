import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** How a server program is run. */
export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Removed if the process that started the server dies; empty for none. */
  readonly folderToRemove: string;
}

/** A server program that ends with the process that started it, also when that is killed. */
export class SupervisedProcess {
  readonly #options: ProcessOptions;
  readonly #supervisor: ChildProcess;
  readonly #ended: Promise<void>;
  #hasEnded = false;

  constructor(options: ProcessOptions) {
    this.#options = options;
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const script = fileURLToPath(new URL(`./supervisor.${extension}`, import.meta.url));
    const args = [script, options.logFile, options.folderToRemove, options.command, ...options.args];
    this.#supervisor = spawn(process.execPath, args, {
      stdio: ["pipe", "ignore", "ignore"],
      // What our own process was told (a debugger, a coverage folder) is not meant for the supervisor.
      env: { ...process.env, NODE_OPTIONS: "", ...options.env },
    });
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#hasEnded = true;
        resolve();
      };
      this.#supervisor.once("exit", end);
      this.#supervisor.once("error", end);
    });
    this.#supervisor.stdin?.on("error", () => undefined);
    // A server alone must not keep the program alive.
    this.#supervisor.unref();
    if (this.#supervisor.stdin !== null && "unref" in this.#supervisor.stdin) {
      (this.#supervisor.stdin as unknown as { unref(): void }).unref();
    }
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** What the program has printed so far. */
  logs(): string {
    return existsSync(this.#options.logFile) ? readFileSync(this.#options.logFile, "utf8") : "";
  }

  /** Asks the program to end, and ends it by force after three seconds. */
  stop(): Promise<void> {
    return this.#end("stop");
  }

  /** Kills the program: nothing is flushed. */
  kill(): Promise<void> {
    return this.#end("kill");
  }

  async #end(how: "stop" | "kill"): Promise<void> {
    if (this.#hasEnded) return;
    this.#supervisor.ref();
    this.#supervisor.stdin?.write(`${how}\n`);
    await this.#ended;
  }
}
