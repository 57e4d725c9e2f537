import { setTimeout as sleep } from "node:timers/promises";
import { SupervisedProcess } from "./supervised-process.ts";
import type { ProcessOptions } from "./supervised-process.ts";
import { TestingError } from "./testing-error.ts";

const readyWithinMs = 20_000;
const pollMs = 15;

/** How a server is started and how one sees that it is ready. */
export interface ServerOptions {
  /** Its name in messages. */
  readonly name: string;
  readonly process: ProcessOptions;
  /** Whether the server answers. A rejection counts as no. */
  readonly isReady: () => Promise<boolean>;
}

/** A server that can be killed and started again on the same ports and data. */
export class ServerProcess {
  readonly #options: ServerOptions;
  #process: SupervisedProcess | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#process !== undefined && !this.#process.hasEnded;
  }

  logs(): string {
    return this.#process?.logs() ?? "";
  }

  /**
   * Starts the server and waits until it answers.
   *
   * @throws {TestingError} `START_FAILED` if it ends at once, `START_TIMEOUT` if it does not answer; with the end of its log.
   */
  async start(): Promise<void> {
    const started = new SupervisedProcess(this.#options.process);
    this.#process = started;
    const endsAt = performance.now() + readyWithinMs;
    while (!(await this.#isReady())) {
      if (started.hasEnded) throw this.#failure("ended at once", "START_FAILED");
      if (performance.now() > endsAt) {
        await started.kill();
        throw this.#failure(`did not answer within ${readyWithinMs} ms`, "START_TIMEOUT");
      }
      await sleep(pollMs);
    }
    // It may be another program that answers on a port that ours could not get.
    await sleep(pollMs);
    if (started.hasEnded) throw this.#failure("ended at once", "START_FAILED");
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async #isReady(): Promise<boolean> {
    try {
      return await this.#options.isReady();
    } catch {
      return false;
    }
  }

  #failure(what: string, code: "START_FAILED" | "START_TIMEOUT"): TestingError {
    return new TestingError(`${this.#options.name} ${what}. The end of its log:\n${this.logs().slice(-2_000)}`, code);
  }
}
