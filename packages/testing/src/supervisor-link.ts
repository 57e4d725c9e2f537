import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { lineSplitter } from "./supervisor-message.ts";
import type { SupervisorMessage, SupervisorOptions, SupervisorRequest } from "./supervisor-message.ts";
import { TestingError } from "./testing-error.ts";

type Body<Request> = Request extends SupervisorRequest ? Omit<Request, "id"> : never;

interface Waiting {
  readonly resolve: (message: SupervisorMessage) => void;
  readonly reject: (error: TestingError) => void;
}

/** Our end of the pipe to a supervisor. Neither keeps the program alive, save while an answer is awaited. */
export class SupervisorLink {
  readonly #supervisor: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #folder = "";
  #pid: number | undefined;
  #ended: string | undefined;

  private constructor(options: SupervisorOptions) {
    const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const script = fileURLToPath(new URL(`supervisor.${ending}`, import.meta.url));
    this.#supervisor = spawn(process.execPath, [script, JSON.stringify(options)], {
      stdio: ["pipe", "pipe", "ignore"],
      // Out of reach of the terminal's signals, which go to the whole process group.
      detached: true,
      // What our own process was told (a debugger, a loader) is not meant for the supervisor.
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    this.#supervisor.stdin?.on("error", () => undefined); // a supervisor that died is seen by its exit
    this.#supervisor.stdout?.setEncoding("utf8").on(
      "data",
      lineSplitter((line) => this.#receive(JSON.parse(line) as SupervisorMessage)),
    );
    this.#supervisor.once("error", (error) => this.#lose(error));
    this.#supervisor.once("close", () => this.#lose());
    this.#supervisor.unref();
    this.#keepAlive(false);
  }

  /**
   * Starts a supervisor and waits for its word.
   *
   * @throws {TestingError} `START_FAILED`.
   */
  static async open(options: SupervisorOptions): Promise<SupervisorLink> {
    const link = new SupervisorLink(options);
    try {
      await link.#wait(0);
    } catch (error) {
      const reason = error instanceof Error ? `: ${error.message}` : "";
      throw new TestingError(
        `Could not start the process that watches over ${options.name}${reason}`,
        "START_FAILED",
        error,
      );
    }
    return link;
  }

  /** The supervisor's temporary folder. */
  get folder(): string {
    return this.#folder;
  }

  /** The supervisor's own process. */
  get supervisorPid(): number | undefined {
    return this.#supervisor.pid;
  }

  /** The server's process, while it runs. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** How the server ended, once it has. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** What the server has printed; empty when the folder has gone. */
  readLog(): string {
    try {
      return readFileSync(path.join(this.#folder, "server.log"), "utf8");
    } catch {
      return "";
    }
  }

  async ask(body: Body<SupervisorRequest>): Promise<SupervisorMessage> {
    this.#lastId += 1;
    const id = this.#lastId;
    if (this.#supervisor.stdin?.writable !== true) throw lost();
    if (body.do === "start") this.#ended = undefined;
    this.#supervisor.stdin.write(`${JSON.stringify({ id, ...body })}\n`);
    return this.#wait(id);
  }

  #wait(id: number): Promise<SupervisorMessage> {
    this.#keepAlive(true);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  #receive(message: SupervisorMessage): void {
    if (message.folder !== undefined) this.#folder = message.folder;
    if (message.pid !== undefined) this.#pid = message.pid;
    if (message.ended !== undefined) {
      this.#pid = undefined;
      this.#ended = message.ended;
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#keepAlive(false);
    if (message.error === undefined) waiting?.resolve(message);
    else waiting?.reject(new TestingError(message.error, "START_FAILED"));
  }

  /** The supervisor has gone. Had it been killed, it could not clean up. */
  #lose(cause?: Error): void {
    if (this.#pid !== undefined) {
      try {
        process.kill(this.#pid, "SIGKILL");
      } catch {
        // It had ended.
      }
      this.#pid = undefined;
      this.#ended = "the loss of its supervisor";
    }
    if (this.#folder !== "") rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    for (const waiting of this.#waiting.values()) waiting.reject(lost(cause));
    this.#waiting.clear();
  }

  #keepAlive(isNeeded: boolean): void {
    for (const pipe of [this.#supervisor.stdin, this.#supervisor.stdout]) {
      if (!(pipe instanceof Socket)) continue;
      if (isNeeded) pipe.ref();
      else pipe.unref();
    }
  }
}

function lost(cause?: Error): TestingError {
  return new TestingError("The process that watches over the server has ended", "STOPPED", cause);
}
