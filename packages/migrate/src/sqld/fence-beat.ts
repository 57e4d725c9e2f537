import { setTimeout as sleep } from "node:timers/promises";
import { MigrateError } from "../errors.ts";
import { fenced, fenceBeatMs, fenceSilentMs, isSameFence, markOf } from "./fence-mark.ts";
import type { FenceMark } from "./fence-mark.ts";
import type { SqldAdmin } from "./sqld-admin.ts";

/**
 * Says in the settings of a namespace, again and again, that who put up its fence is at work, so that another machine does not take the
 * fence for one that was left behind.
 */
export class FenceBeat {
  readonly #admin: SqldAdmin;
  readonly #namespace: string;
  readonly #mark: FenceMark;
  readonly #over = new AbortController();
  readonly #loop: Promise<void>;
  #isLost = false;
  #saidAt = performance.now();

  /** @param mark the one that stands there now. */
  constructor(admin: SqldAdmin, namespace: string, mark: FenceMark) {
    this.#admin = admin;
    this.#namespace = namespace;
    this.#mark = mark;
    this.#loop = this.#run();
  }

  /** Says nothing more from now on. Does not throw. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#loop;
  }

  /**
   * @throws {MigrateError} `TENANT_BUSY` if somebody else may have lifted the fence: after a silence as of a machine that was asleep, or
   *   where it is gone already.
   */
  async assertOurs(): Promise<void> {
    const config = await this.#admin.configOf(this.#namespace);
    const mark = config && markOf(config);
    const isOurs = mark !== undefined && isSameFence(mark, this.#mark);
    if (isOurs && !this.#isLost && performance.now() - this.#saidAt < fenceSilentMs) return;
    throw new MigrateError(
      `The fence of namespace ${this.#namespace} was lifted meanwhile by another process, which took this one for dead.`,
      "TENANT_BUSY",
    );
  }

  async #run(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted && !this.#isLost) {
      // It rejects only where it is cut short.
      await sleep(fenceBeatMs, undefined, { signal, ref: false }).catch(() => undefined);
      // What fails now may go well the next time; a long silence is found out by `assertOurs`.
      if (!signal.aborted) await this.#say().catch(() => undefined);
    }
  }

  async #say(): Promise<void> {
    const config = await this.#admin.configOf(this.#namespace);
    const mark = config && markOf(config);
    if (config === undefined || mark === undefined || !isSameFence(mark, this.#mark)) {
      this.#isLost = true;
      return;
    }
    const now = performance.now();
    await this.#admin.configure(this.#namespace, fenced(config, { ...this.#mark, at: Date.now() }));
    this.#saidAt = now;
  }
}
