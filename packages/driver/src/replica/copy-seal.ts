import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { isError } from "../realm.ts";

const words = "The database beside this file is a copy that Litefleet made; it is fetched again when it is lost.\n";

/**
 * The file that says of a database: this is a copy, and may be thrown away. In it stands what the copy's files looked like when we
 * last wrote into them, so that it shows when somebody else has. While we write it says nothing of them: a process that is
 * killed then leaves a copy that is trusted.
 */
export class CopySeal {
  readonly #file: string;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    this.#file = `${path}-replica`;
  }

  get exists(): boolean {
    return existsSync(this.#file);
  }

  /** We are about to write, or there is a new copy. */
  open(): void {
    this.#write(words);
  }

  /** What is there now is as it should be. */
  close(): void {
    this.#write(`${words}${this.#look()}\n`);
  }

  /** Whether somebody else has written since it was closed. */
  isBroken(): boolean {
    if (!this.exists) return false;
    const [, noted = ""] = readFileSync(this.#file, "utf8").split("\n");
    return noted !== "" && noted !== this.#look();
  }

  /** On a full disk what stood there before stays, or nothing: the copy is then fetched again without need, or trusted. */
  #write(text: string): void {
    try {
      writeFileSync(this.#file, text);
    } catch (error) {
      if (!(isError(error) && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }

  /** Sizes and times. A WAL that is empty comes and goes with those who only read. */
  #look(): string {
    return [this.#path, `${this.#path}-wal`]
      .map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }))
      .map((stat) => (stat === undefined || stat.size === 0n ? "-" : `${stat.size}@${stat.mtimeNs}`))
      .join(" ");
  }
}
