/** The most characters of keys that are kept, however few entries hold them: programs write blobs into SQL texts. */
const maxCharacters = 4_000_000;

/**
 * A bounded map that forgets what was not used for long. Two generations stand in for an order of use: what is found in the
 * older one moves to the younger, and when that is full it becomes the older. So a hit changes nothing, and a look-up costs
 * what one in a plain map does.
 */
export class StatementCache<T> {
  readonly #capacity: number;
  readonly #generationSize: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();
  #youngCharacters = 0;
  #lastKey: string | undefined;
  #lastValue: T | undefined;

  /** @param capacity the most entries; 0 keeps none. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#generationSize = Math.max(1, Math.floor(capacity / 2));
  }

  /** Entries held now. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): T | undefined {
    // The same statement again and again is the common case.
    if (key === this.#lastKey) return this.#lastValue;
    let value = this.#young.get(key);
    if (value === undefined) {
      value = this.#old.get(key);
      if (value === undefined) return undefined;
      this.#old.delete(key);
      this.#add(key, value);
    }
    this.#lastKey = key;
    this.#lastValue = value;
    return value;
  }

  set(key: string, value: T): void {
    // One text that fills the cache alone would push out all others.
    if (this.#capacity < 1 || key.length > maxCharacters / 8) return;
    this.#old.delete(key);
    this.#add(key, value);
    this.#lastKey = key;
    this.#lastValue = value;
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#youngCharacters = 0;
    this.#lastKey = this.#lastValue = undefined;
  }

  #add(key: string, value: T): void {
    if (!this.#young.has(key)) {
      const characters = this.#youngCharacters + key.length;
      const isFull = this.#young.size >= this.#generationSize || characters > maxCharacters / 2;
      if (isFull) this.#startGeneration();
      this.#youngCharacters += key.length;
    }
    this.#young.set(key, value);
  }

  #startGeneration(): void {
    this.#old = this.#capacity > 1 ? this.#young : new Map<string, T>();
    this.#young = new Map();
    this.#youngCharacters = 0;
  }
}
