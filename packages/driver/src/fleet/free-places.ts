interface Waiter {
  readonly who: object;
  readonly grant: () => void;
  readonly fail: (error: Error) => void;
}

/** A number of places, given out in the order they were asked for. */
export class FreePlaces {
  readonly #total: number;
  readonly #waiters: Waiter[] = [];
  #taken = 0;

  constructor(total: number) {
    this.#total = total;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  /** Takes a place if one is free and nobody waits for it. */
  tryTake(): boolean {
    if (this.#taken >= this.#total || this.#waiters.length > 0) return false;
    this.#taken += 1;
    return true;
  }

  /** Waits for a place. */
  take(who: object): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ who, grant: resolve, fail: reject });
    });
  }

  /** Ends the waiting of `who`, if it waits. */
  leave(who: object, error: Error): void {
    const at = this.#waiters.findIndex((waiter) => waiter.who === who);
    if (at >= 0) this.#waiters.splice(at, 1)[0]?.fail(error);
  }

  /** Gives a place back, to who has waited for longest. */
  giveBack(): void {
    const next = this.#waiters.shift();
    if (next === undefined) this.#taken -= 1;
    else next.grant();
  }

  /** Ends all waiting. */
  failAll(error: Error): void {
    for (const waiter of this.#waiters.splice(0)) waiter.fail(error);
  }
}
