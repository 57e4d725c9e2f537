/** Answers so many times slower than at their best mean that a server has more to do than it can. */
const slowFactor = 4;
/** Milliseconds by which they are slower at least: what is quick varies. */
const slowMs = 100;

/**
 * How many tenants of one server are under way at once: one more after each round without trouble, half after a 429 or 503,
 * a quarter fewer when answers become slow, and never more than was asked for.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5681 TCP's congestion control, which this follows.
 */
export class Lane {
  readonly #most: number;
  #limit: number;
  #running = 0;
  /** Tenants that have ended since the limit was last looked at, and how long they took together. */
  #ended = 0;
  #endedMs = 0;
  #bestMs = Number.POSITIVE_INFINITY;
  #wasRefused = false;

  constructor(most: number) {
    this.#most = most;
    this.#limit = most;
  }

  get limit(): number {
    return this.#limit;
  }

  get hasRoom(): boolean {
    return this.#running < this.#limit;
  }

  start(): void {
    this.#running += 1;
  }

  /** The server asked to come back later: 429 or 503. Counts once a round, since all that is under way hears the same. */
  refused(): void {
    if (this.#wasRefused) return;
    this.#wasRefused = true;
    this.#ended = 0;
    this.#endedMs = 0;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
  }

  /** @param durationMs of the attempt that has ended. */
  end(durationMs: number): void {
    this.#running -= 1;
    this.#ended += 1;
    this.#endedMs += durationMs;
    if (this.#ended < this.#limit) return;
    const meanMs = this.#endedMs / this.#ended;
    this.#ended = 0;
    this.#endedMs = 0;
    if (this.#wasRefused) this.#wasRefused = false;
    else if (meanMs > this.#bestMs * slowFactor && meanMs > this.#bestMs + slowMs) this.#slowDown();
    else this.#limit = Math.min(this.#most, this.#limit + 1);
    this.#bestMs = Math.min(this.#bestMs, meanMs);
  }

  /** Tenants differ, so slowness alone never takes more than half away; a server that can do less says so. */
  #slowDown(): void {
    this.#limit = Math.max(Math.min(this.#limit, Math.ceil(this.#most / 2)), Math.floor(this.#limit * 0.75), 1);
  }
}

/**
 * The server whose load a tenant is, by its URL: the host; all of Turso Cloud, where each database has a host of its own,
 * is one.
 */
export function laneOf(url: string): string {
  const host = URL.parse(url)?.host ?? url;
  return host.endsWith(".turso.io") ? "turso.io" : host;
}
