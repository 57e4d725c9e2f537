import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { KeeperAnswer, KeeperOrder } from "./keeper-order.ts";

/**
 * Copies and replaces files of databases in a process of its own, which is started when it is first needed: a process that closes a
 * handle of a file drops SQLite's locks on it.
 */
class FileKeeper {
  readonly #waiting = new Map<number, PromiseWithResolvers<KeeperAnswer>>();
  #process: ChildProcess | undefined;
  #lastId = 0;

  /** Rejects only if the process ends. */
  async ask(order: KeeperOrder): Promise<KeeperAnswer> {
    const keeper = (this.#process ??= this.#start());
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = Promise.withResolvers<KeeperAnswer>();
    this.#waiting.set(id, answered);
    // While somebody waits for it, it keeps this process alive.
    keeper.ref();
    keeper.channel?.ref();
    keeper.send({ id, order }, (error) => {
      if (error !== null) answered.reject(error);
    });
    try {
      return await answered.promise;
    } finally {
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) {
        keeper.unref();
        keeper.channel?.unref();
      }
    }
  }

  #start(): ChildProcess {
    const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const child = fork(fileURLToPath(new URL(`keeper-main.${ending}`, import.meta.url)), [], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: [],
    });
    child.on("message", (answer: KeeperAnswer) => this.#waiting.get(answer.id)?.resolve(answer));
    child.once("exit", (code, signal) => {
      if (this.#process === child) this.#process = undefined;
      const error = new Error(`The process that copies files ended (${signal ?? code})`);
      for (const waiting of this.#waiting.values()) waiting.reject(error);
    });
    return child;
  }
}

/** One a process. */
export const fileKeeper = new FileKeeper();
