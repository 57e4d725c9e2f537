import { readdirSync, readlinkSync, statSync } from "node:fs";

/**
 * The processes that have one of these files open, as far as the system lets us look: on Linux those of this user. Where it
 * does not, none.
 */
export function processesWith(files: readonly string[]): number[] {
  const wanted = new Set(files.flatMap((file) => inodeOf(file) ?? []));
  if (wanted.size === 0) return [];
  const found: number[] = [];
  for (const name of list("/proc")) {
    const pid = Number(name);
    if (!Number.isSafeInteger(pid) || pid === process.pid) continue;
    const folder = `/proc/${pid}/fd`;
    if (list(folder).some((fd) => isOneOf(`${folder}/${fd}`, wanted))) found.push(pid);
  }
  return found;
}

function isOneOf(link: string, wanted: ReadonlySet<string>): boolean {
  try {
    // Sockets and pipes are no files; looking at them costs more.
    if (!readlinkSync(link).startsWith("/")) return false;
  } catch {
    return false;
  }
  const inode = inodeOf(link);
  return inode !== undefined && wanted.has(inode);
}

function inodeOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
