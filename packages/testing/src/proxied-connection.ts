import type { Socket } from "node:net";
import { DelayLine } from "./delay-line.ts";
import type { Direction, FaultRules } from "./fault-rules.ts";
import { resetSocket } from "./reset-socket.ts";

/** Bytes on their way in one direction above which the sender is not read: a network has no endless memory either. */
const maxInFlight = 16 * 1024 * 1024;

/** What a connection tells its proxy. */
export interface ConnectionListener {
  readonly onPassed: (direction: Direction, bytes: number) => void;
  readonly onCutAll: (reached: ProxiedConnection) => void;
  readonly onClosed: () => void;
}

/** One client's connection through a fault proxy, and ours to the server for it. */
export class ProxiedConnection {
  readonly #sockets: readonly [client: Socket, upstream: Socket];
  readonly #lines: readonly [DelayLine, DelayLine];
  readonly #rules: FaultRules;
  readonly #listener: ConnectionListener;
  #hasLost = false;
  #isOver = false;

  constructor(client: Socket, upstream: Socket, rules: FaultRules, listener: ConnectionListener) {
    this.#sockets = [client, upstream];
    this.#lines = [new DelayLine(rules), new DelayLine(rules)];
    this.#rules = rules;
    this.#listener = listener;
    this.#pipe(client, upstream, "request", this.#lines[0]);
    this.#pipe(upstream, client, "response", this.#lines[1]);
  }

  /** Whether something was swallowed that the other side can never get. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  /** Resets both sides at once. */
  reset(): void {
    for (const socket of this.#sockets) resetSocket(socket);
  }

  /** Lets go what a stall has held. */
  release(): void {
    for (const line of this.#lines) line.release();
  }

  #pipe(from: Socket, to: Socket, direction: Direction, line: DelayLine): void {
    let inFlight = 0;
    const forward = (action: () => void): void => {
      if (this.#rules.isBlackhole) this.#hasLost = true;
      else line.push(action);
    };
    const arrived = (bytes: number): void => {
      inFlight -= bytes;
      if (inFlight < maxInFlight && from.isPaused() && !to.writableNeedDrain) from.resume();
    };
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => {
      inFlight += chunk.length;
      if (inFlight >= maxInFlight) from.pause();
      if (this.#rules.isBlackhole) arrived(chunk.length);
      forward(() => {
        this.#deliver(chunk, from, to, direction);
        arrived(chunk.length);
      });
    });
    to.on("drain", () => arrived(0));
    from.on("end", () => forward(() => to.end()));
    from.on("error", () => forward(() => resetSocket(to)));
    from.on("close", () => {
      forward(() => to.destroySoon());
      if (to.destroyed) this.#listener.onClosed();
    });
  }

  #deliver(chunk: Buffer, from: Socket, to: Socket, direction: Direction): void {
    if (this.#isOver || to.destroyed) return;
    const { passing, afterwards } = this.#rules.judge(chunk, direction);
    this.#listener.onPassed(direction, passing.length);
    if (passing.length > 0 && !to.write(passing)) from.pause();
    if (afterwards === "go on") return;
    this.#isOver = true;
    // What was let through still arrives: a reset could overtake it.
    to.end(() => {
      to.destroy();
      resetSocket(from);
    });
    if (afterwards === "cut all") this.#listener.onCutAll(this);
  }
}
