import type { RawResult } from "../api.ts";

const columns: readonly string[] = ["timeout"];
const columnTypes: readonly string[] = [""];

/**
 * The client's `timeout`, which `PRAGMA busy_timeout` reads and sets. SQLite's own stays 0, for it would block the event
 * loop; so the pragma is answered here.
 */
export class BusyTimeout {
  #ms: number | undefined;

  constructor(ms: number | undefined) {
    this.#ms = ms;
  }

  /** Milliseconds to wait for a lock; `undefined` if the client sets none. */
  get patienceMs(): number | undefined {
    return this.#ms;
  }

  /** Does `PRAGMA busy_timeout [= value]`. */
  answer(value: string | undefined): RawResult {
    if (value !== undefined) this.#ms = Math.max(0, Number.parseInt(value, 10) || 0);
    return { columns, columnTypes, rows: [[this.#ms ?? 0]], rowsAffected: 0, lastInsertRowid: undefined };
  }
}
