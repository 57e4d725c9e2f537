import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { MigrationSet } from "./migration.ts";
import { wranglerFiles } from "./source/numbered.ts";

/** A folder as it was read, with what its files looked like then. */
interface CachedSet {
  readonly looks: readonly Look[];
  readonly set: MigrationSet;
}

/** What a file or folder looked like; `undefined` if it was not there. Compared by its four numbers. */
interface Look {
  readonly path: string;
  readonly stats:
    | { readonly size: bigint; readonly ino: bigint; readonly mtimeNs: bigint; readonly ctimeNs: bigint }
    | undefined;
}

const cache = new Map<string, CachedSet>();
/** Folders that are kept; a process has one or a few. */
const maxFolders = 20;
/** A file system's clock is coarse: what was changed so recently may change again and look the same. */
const settledAfterNs = 100_000_000n;

/**
 * Reads a folder once for as long as nothing in it changes: a process that opens a thousand databases parses a folder once.
 * What tells a change is each file's and folder's size, inode and times of modification and of change, in nanoseconds.
 */
export async function readUnlessKnown(
  folder: string,
  options: string,
  read: () => Promise<MigrationSet>,
): Promise<MigrationSet> {
  const absolute = path.resolve(folder);
  const key = `${absolute}\0${options}`;
  const known = cache.get(key);
  if (known?.looks.every(isUnchanged) === true) return known.set;
  const looks = lookAt(absolute);
  const set = await read();
  // What was changed meanwhile is read again the next time.
  if (looks !== undefined && looks.every(isSettled) && looks.every(isUnchanged)) {
    cache.delete(key);
    const [oldest] = cache.keys();
    if (cache.size >= maxFolders && oldest !== undefined) cache.delete(oldest);
    cache.set(key, { looks, set });
  }
  return set;
}

/**
 * Everything that a source may look at; `undefined` if the folder cannot be read, which reading it will explain. A handful of
 * local calls of microseconds: a thread for each would cost more than they do. A folder's own times tell which files it has.
 */
function lookAt(folder: string): Look[] | undefined {
  try {
    const inside = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => path.join(folder, name));
    const beside = wranglerFiles.map((name) => path.join(folder, "..", name));
    return [folder, ...inside, ...beside].map((file) => ({ path: file, stats: statOf(file) }));
  } catch {
    return undefined;
  }
}

function statOf(file: string): Look["stats"] {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function isUnchanged({ path: file, stats }: Look): boolean {
  const now = statOf(file);
  if (now === undefined || stats === undefined) return now === stats;
  return (
    now.mtimeNs === stats.mtimeNs && now.ctimeNs === stats.ctimeNs && now.size === stats.size && now.ino === stats.ino
  );
}

function isSettled({ stats }: Look): boolean {
  if (stats === undefined) return true;
  return BigInt(Date.now()) * 1_000_000n - stats.ctimeNs > settledAfterNs;
}
