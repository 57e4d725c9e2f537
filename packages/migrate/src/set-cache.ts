import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { MigrationSet } from "./migration.ts";

/** A folder as it was read, with what its files looked like then. */
interface CachedSet {
  readonly seen: string;
  readonly set: MigrationSet;
}

const cache = new Map<string, CachedSet>();
/** Folders that are kept; a process has one or a few. */
const maxFolders = 20;

/**
 * Reads a folder once for as long as nothing in it changes: a process that opens a thousand databases parses a folder once.
 * What tells a change is each file's name, size, inode and times of modification and of change, in nanoseconds.
 */
export async function readUnlessKnown(
  folder: string,
  options: string,
  read: () => Promise<MigrationSet>,
): Promise<MigrationSet> {
  const key = `${path.resolve(folder)}\0${options}`;
  const seen = lookAt(folder);
  const known = cache.get(key);
  if (known !== undefined && known.seen === seen) return known.set;
  const set = await read();
  // What was changed meanwhile is read again the next time.
  if (seen !== undefined && seen === lookAt(folder)) {
    cache.delete(key);
    const [oldest] = cache.keys();
    if (cache.size >= maxFolders && oldest !== undefined) cache.delete(oldest);
    cache.set(key, { seen, set });
  }
  return set;
}

/**
 * Everything that a source may look at; `undefined` if the folder cannot be read, which reading it will explain. A handful of
 * local calls of microseconds: a thread for each would cost more than they do.
 */
function lookAt(folder: string): string | undefined {
  try {
    const looks = readdirSync(folder, { withFileTypes: true, recursive: true }).map(({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      const { size, ino, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
      return `${file}|${size}|${ino}|${mtimeNs}|${ctimeNs}`;
    });
    const siblings = readdirSync(path.join(folder, "..")).filter((name) => name.startsWith("wrangler."));
    return [...looks.toSorted(), ...siblings].join("\n");
  } catch {
    return undefined;
  }
}
