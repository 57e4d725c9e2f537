import type { DelayRules } from "./delay-line.ts";

/** Up to the server, or down to the client. */
export type Direction = "request" | "response";

/** Where a connection is cut. */
export interface CutPoint {
  /** Whether to count what goes to the server or what comes back. */
  readonly direction: Direction;
  /** How many bytes still pass, counted over all connections from now on. With 0 the first byte does not. */
  readonly bytes: number;
  /** Whether everything stays cut until `heal()`. Default false: only the connection that reached the point is reset. */
  readonly staysCut?: boolean;
}

/** Which byte is damaged. */
export interface CorruptPoint {
  readonly direction: Direction;
  /** How many bytes pass before the one whose bits are all flipped, counted over all connections from now on. Default 0. */
  readonly bytes?: number;
}

/** What a fault proxy is told to do. */
export type FaultCommand =
  | { readonly do: "delay"; readonly ms: number }
  | { readonly do: "cut" | "blackhole" | "stall" | "heal" | "close" }
  | { readonly do: "cut-after"; readonly point: CutPoint }
  | { readonly do: "corrupt"; readonly point: CorruptPoint };

/** What becomes of a chunk. */
export interface Verdict {
  /** What of it goes on. */
  readonly passing: Buffer;
  /** What happens to the connection after that. */
  readonly afterwards: "go on" | "reset" | "cut all";
}

interface Countdown {
  readonly direction: Direction;
  left: number;
}

/** The faults that are in force. */
export class FaultRules implements DelayRules {
  delayMs = 0;
  isStalled = false;
  isCut = false;
  isBlackhole = false;
  #cut: (Countdown & { readonly staysCut: boolean }) | undefined;
  #corrupt: Countdown | undefined;

  cutAfter({ direction, bytes, staysCut = false }: CutPoint): void {
    this.#cut = { direction, left: bytes, staysCut };
  }

  corrupt({ direction, bytes = 0 }: CorruptPoint): void {
    this.#corrupt = { direction, left: bytes };
  }

  /** Back to a sound network; the delay stays. */
  heal(): void {
    this.isStalled = false;
    this.isCut = false;
    this.isBlackhole = false;
    this.#cut = undefined;
    this.#corrupt = undefined;
  }

  judge(chunk: Buffer, direction: Direction): Verdict {
    const cut = this.#cut;
    if (cut?.direction !== direction) return { passing: this.#damage(chunk, direction), afterwards: "go on" };
    const passing = this.#damage(chunk.subarray(0, cut.left), direction);
    cut.left -= passing.length;
    if (cut.left > 0) return { passing, afterwards: "go on" };
    this.#cut = undefined;
    return { passing, afterwards: cut.staysCut ? "cut all" : "reset" };
  }

  #damage(chunk: Buffer, direction: Direction): Buffer {
    const point = this.#corrupt;
    if (point?.direction !== direction) return chunk;
    const at = point.left;
    point.left -= chunk.length;
    if (point.left >= 0) return chunk;
    this.#corrupt = undefined;
    const damaged = Buffer.from(chunk);
    damaged[at] = (damaged[at] ?? 0) ^ 0xff;
    return damaged;
  }
}
