import { Worker } from "node:worker_threads";
import type { Replicated } from "@libsql/core/api";
import type { SyncReply, SyncRequest, SyncTarget } from "./sync-protocol.ts";

/** Threads at the most, however many replicas: a thread is busy for as long as a sync takes. */
const maxThreads = 2;
/** How long a thread without replicas waits for the next, in milliseconds: a first fetch is followed by the syncs of its copy. */
const lingerMs = 1_000;

interface Call {
  readonly resolve: (replicated: Replicated) => void;
  readonly reject: (error: Error) => void;
}

type Request = SyncRequest extends infer R ? (R extends SyncRequest ? Omit<R, "call" | "replica"> : never) : never;

/** A thread of its own for the native sync, shared by replicas; ends soon after the last of them closes. */
class SyncThread {
  static readonly #threads: SyncThread[] = [];
  readonly #worker: Worker;
  readonly #calls = new Map<number, Call>();
  #nextCall = 0;
  #nextReplica = 0;
  #replicas = 0;

  private constructor() {
    const file = import.meta.url.endsWith(".ts") ? "./sync-worker.ts" : "./sync-worker.js";
    this.#worker = new Worker(new URL(file, import.meta.url), {
      // The program's own, such as --input-type, are about its entry point.
      execArgv: [],
    });
    this.#worker.unref();
    this.#worker.on("message", (reply: SyncReply) => this.#settle(reply));
    this.#worker.on("error", (error: Error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("the sync thread ended")));
  }

  /** The thread with the fewest replicas; a new one while there may be more. */
  static join(): SyncThread {
    const threads = SyncThread.#threads;
    const idlest = threads.toSorted((a, b) => a.#replicas - b.#replicas)[0];
    if (idlest !== undefined && (idlest.#replicas === 0 || threads.length >= maxThreads)) {
      idlest.#replicas += 1;
      return idlest;
    }
    const thread = new SyncThread();
    thread.#replicas = 1;
    threads.push(thread);
    return thread;
  }

  newReplica(): number {
    this.#nextReplica += 1;
    return this.#nextReplica;
  }

  leave(): void {
    this.#replicas -= 1;
    if (this.#replicas > 0) return;
    setTimeout(() => {
      if (this.#replicas > 0) return;
      this.#forget();
      void this.#worker.terminate();
    }, lingerMs).unref();
  }

  call(replica: number, request: Request): Promise<Replicated> {
    return new Promise((resolve, reject) => {
      this.#nextCall += 1;
      this.#calls.set(this.#nextCall, { resolve, reject });
      // The process stays alive for calls under way, and only for those.
      this.#worker.ref();
      this.#worker.postMessage({ ...request, replica, call: this.#nextCall });
    });
  }

  #settle(reply: SyncReply): void {
    const call = this.#calls.get(reply.call);
    this.#calls.delete(reply.call);
    if (this.#calls.size === 0) this.#worker.unref();
    if (call === undefined) return;
    if (reply.ok) call.resolve(reply.replicated);
    else call.reject(new Error(reply.message));
  }

  #forget(): void {
    const at = SyncThread.#threads.indexOf(this);
    if (at >= 0) SyncThread.#threads.splice(at, 1);
  }

  #fail(error: Error): void {
    this.#forget();
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
  }
}

/** The syncing side of one copy, in a thread that is not the program's. Opens with the first call that needs it. */
export class Syncer {
  readonly #target: Promise<SyncTarget>;
  #thread: SyncThread | undefined;
  #replica = 0;
  #opening: Promise<void> | undefined;

  constructor(target: Promise<SyncTarget>) {
    this.#target = target;
  }

  /** Fetches what is new. Rejects with the native library's own words. */
  async sync(): Promise<Replicated> {
    const thread = await this.#open();
    return thread.call(this.#replica, { op: "sync" });
  }

  /** Lets go of the files. Resolves when nobody has them open here, whatever went wrong. */
  async close(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#thread = undefined;
    try {
      await thread.call(this.#replica, { op: "close" });
    } catch {
      // It never opened, or the thread has ended.
    }
    thread.leave();
  }

  async #open(): Promise<SyncThread> {
    const target = await this.#target;
    this.#thread ??= SyncThread.join();
    const thread = this.#thread;
    if (this.#opening === undefined) {
      this.#replica = thread.newReplica();
      this.#opening = thread.call(this.#replica, { op: "open", target }).then(() => undefined);
      this.#opening.catch(() => {
        this.#opening = undefined;
      });
    }
    await this.#opening;
    return thread;
  }
}
