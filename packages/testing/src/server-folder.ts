import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Folders that this process made and has not removed yet. */
const folders = new Set<string>();

process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A temporary folder that is gone when the process is. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "litefleet-testing-"));
  folders.add(folder);
  return folder;
}

/** Removes a folder of {@link makeFolder}. */
export function removeFolder(folder: string): void {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
