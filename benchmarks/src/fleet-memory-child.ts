import { existsSync, readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { migrateFleet } from "@litefleet/migrate";
import { writeDrizzleFolder } from "./drizzle-folder.ts";

// Migrates ten thousand files in the folder that it is given, twice, and tells what that took, as JSON.
const folder = process.argv[2] ?? "";
const dir = path.join(folder, "drizzle");
await writeDrizzleFolder(dir, 1);
await mkdir(path.join(folder, "data"));
const tenants = Array.from({ length: 10_000 }, (_, i) => ({
  name: `t${i}`,
  url: pathToFileURL(path.join(folder, "data", `t${i}.db`)).href,
}));
let peak = 0;
let openFiles = 0;
const look = (): void => {
  peak = Math.max(peak, process.memoryUsage.rss());
  if (existsSync("/proc/self/fd")) openFiles = Math.max(openFiles, readdirSync("/proc/self/fd").length);
};
const { counts } = await migrateFleet({
  dir,
  tenants,
  onProgress: ({ done }) => {
    if (done % 20 === 0) look();
  },
});
const again = await migrateFleet({ dir, tenants, onProgress: look });
if (again.counts.upToDate !== tenants.length) throw new Error(`${again.counts.upToDate} are up to date`);
process.stdout.write(JSON.stringify({ migrated: counts.migrated, peakMb: peak / 1e6, openFiles }));
