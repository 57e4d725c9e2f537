import { setTimeout as sleep } from "node:timers/promises";
import { SupervisorLink } from "./supervisor-link.ts";
import { TestingError } from "./testing-error.ts";

const attempts = 5;
const pollMs = 10;
const logTail = 2_000;

/** How a server is started, and how one sees that it is ready. */
export interface ServerSpec {
  /** Its name in messages and in the temporary folder's name. */
  readonly name: string;
  readonly command: string;
  /** How many loopback ports it listens on. */
  readonly portCount: number;
  /** Whether its data lies in a place that outlives it. */
  readonly keepsData: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  /** Its arguments, given its ports and a temporary folder. */
  readonly args: (ports: readonly number[], folder: string) => readonly string[];
  /** Whether it answers. A rejection counts as no. */
  readonly isReady: (ports: readonly number[]) => Promise<boolean>;
}

/** A server that runs under a supervisor: it can be killed and started again on the same ports and data. */
export class ServerProcess {
  readonly #spec: ServerSpec;
  readonly #link: SupervisorLink;
  #ports: readonly number[] = [];
  #lastLog = "";
  #logStart = 0;
  #stopping: Promise<void> | undefined;

  private constructor(spec: ServerSpec, link: SupervisorLink) {
    this.#spec = spec;
    this.#link = link;
  }

  /**
   * Starts the server on free ports and waits until it answers.
   *
   * @throws {TestingError} `START_FAILED` if it ends at once, `START_TIMEOUT` if it does not answer; with the end of its log.
   */
  static async open(spec: ServerSpec): Promise<ServerProcess> {
    const server = new ServerProcess(spec, await SupervisorLink.open({ name: spec.name, keepsData: spec.keepsData }));
    try {
      for (let attempt = 1; ; attempt += 1) {
        server.#ports = (await server.#link.ask({ do: "hold-ports", count: spec.portCount })).ports ?? [];
        if (await server.#start(attempt < attempts)) return server;
      }
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get ports(): readonly number[] {
    return this.#ports;
  }

  /** The supervisor's temporary folder, which goes when the server is stopped. */
  get folder(): string {
    return this.#link.folder;
  }

  get pid(): number | undefined {
    return this.#link.pid;
  }

  logs(): string {
    return this.#link.readLog() || this.#lastLog;
  }

  async kill(): Promise<void> {
    this.#refuseStopped("kill");
    await this.#link.ask({ do: "end", signal: "SIGKILL", graceMs: 0 });
  }

  async restart(): Promise<void> {
    this.#refuseStopped("restart");
    await this.#link.ask({ do: "end", signal: "SIGTERM", graceMs: this.#spec.stopTimeoutMs });
    await this.#start(false);
  }

  /** Opens a port that leads to one namespace of a libSQL server. */
  async openGateway(namespace: string, port: number): Promise<number> {
    this.#refuseStopped("reach a namespace of");
    return (await this.#link.ask({ do: "open-gateway", namespace, port })).port ?? 0;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const graceMs = this.#spec.stopTimeoutMs;
    try {
      await this.#link.ask({ do: "end", signal: "SIGTERM", graceMs });
      this.#lastLog = this.#link.readLog();
      await this.#link.ask({ do: "quit", graceMs });
    } catch (error) {
      // The supervisor had ended, and with it the server.
      if (!(error instanceof TestingError) || error.code !== "STOPPED") throw error;
    }
  }

  /** Answers false if another program had taken a port and `mayGiveUp` allows to choose others. */
  async #start(mayGiveUp: boolean): Promise<boolean> {
    const { name, command, args, env, isReady, startTimeoutMs } = this.#spec;
    this.#logStart = this.logs().length;
    const endsAt = performance.now() + startTimeoutMs;
    await this.#link.ask({ do: "start", command, args: args(this.#ports, this.folder), env });
    while (!(await isReady(this.#ports).catch(() => false))) {
      if (this.#link.ended !== undefined) {
        if (mayGiveUp && /address already in use/iu.test(this.#newLog())) return false;
        throw this.#failure(`${name} ended at once (${this.#link.ended})`, "START_FAILED");
      }
      this.#refuseStopped("start");
      if (performance.now() > endsAt) {
        throw this.#failure(`${name} did not answer within ${startTimeoutMs} ms`, "START_TIMEOUT");
      }
      await sleep(pollMs);
    }
    return true;
  }

  #newLog(): string {
    return this.logs().slice(this.#logStart);
  }

  #failure(what: string, code: "START_FAILED" | "START_TIMEOUT"): TestingError {
    return new TestingError(`${what}. The end of its log:\n${this.#newLog().slice(-logTail).trim()}`, code);
  }

  #refuseStopped(what: string): void {
    if (this.#stopping === undefined) return;
    throw new TestingError(`Cannot ${what} ${this.#spec.name}: it has been stopped`, "STOPPED");
  }
}
