import { DuplicateNumber } from "./duplicate-number.ts";

/** A file whose name begins with a number. */
export interface NumberedFile {
  readonly entry: string;
  /** The digits, without zeros before them. */
  readonly version: string;
}

/**
 * Files whose names begin with a number, by that number.
 *
 * @throws {MigrateError} `DIR_INVALID` if a number occurs twice.
 */
export function numberedFiles(dir: string, entries: readonly string[], pattern: RegExp): NumberedFile[] {
  const files = new Map<string, NumberedFile>();
  for (const entry of entries.toSorted()) {
    const digits = pattern.exec(entry)?.[1];
    if (digits === undefined) continue;
    const version = BigInt(digits).toString();
    const other = files.get(version);
    if (other !== undefined) {
      throw new DuplicateNumber(dir, version, other.entry, entry);
    }
    files.set(version, { entry, version });
  }
  return [...files.values()].toSorted((a, b) => compare(BigInt(a.version), BigInt(b.version)));
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
