import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { benchFleetClient } from "./fleet-client.ts";
import { benchFleetFiles } from "./fleet-files.ts";
import { benchFleetMemory } from "./fleet-memory.ts";
import { benchFleetServer } from "./fleet-server.ts";
import type { Report } from "./report.ts";

const parts = {
  client: benchFleetClient,
  files: benchFleetFiles,
  memory: benchFleetMemory,
  server: benchFleetServer,
} as const;

/** A fleet of tenant databases: opened by an application, and migrated. `FLEET_PARTS=client,files` runs only these parts. */
export async function benchFleet(report: Report): Promise<void> {
  const chosen = process.env["FLEET_PARTS"]?.split(",");
  for (const [name, bench] of Object.entries(parts)) {
    if (chosen?.includes(name) === false) continue;
    const folder = await mkdtemp(path.join(tmpdir(), "litefleet-fleet-"));
    try {
      await bench(report, folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
