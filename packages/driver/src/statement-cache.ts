/** A bounded map that forgets the entry that was used longest ago. */
export class StatementCache<T> {
  readonly #capacity: number;
  readonly #entries = new Map<string, T>();
  #lastKey: string | undefined;
  #lastValue: T | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): T | undefined {
    // The same statement again and again is the common case, and needs no reordering.
    if (key === this.#lastKey) return this.#lastValue;
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#lastKey = key;
    this.#lastValue = value;
    return value;
  }

  set(key: string, value: T): void {
    if (this.#capacity <= 0) return;
    this.#entries.set(key, value);
    this.#lastKey = key;
    this.#lastValue = value;
    if (this.#entries.size <= this.#capacity) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  delete(key: string): void {
    this.#entries.delete(key);
    if (this.#lastKey === key) this.#lastKey = this.#lastValue = undefined;
  }

  clear(): void {
    this.#entries.clear();
    this.#lastKey = this.#lastValue = undefined;
  }
}
