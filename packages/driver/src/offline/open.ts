import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { LitefleetError } from "../errors.ts";
import type { Emitter } from "../events.ts";
import { WriteQueue } from "../local/write-queue.ts";
import { TokenSource } from "../remote/token-source.ts";
import type { OfflineConfig } from "../resolve-config.ts";
import { OfflineEngine } from "./offline-engine.ts";
import { Primary } from "./primary.ts";
import { offlineLine } from "./session.ts";

/**
 * Opens a local file that is written to while its primary is away. The first time the primary is asked for its database; the calls
 * that are made until it is there wait for it.
 *
 * @throws {LitefleetError} `CONFIG_INVALID` if the file is somebody else's or open elsewhere; `SQLITE_CANTOPEN` if its folder does not
 *   exist.
 */
export function openOffline(config: OfflineConfig, events: Emitter): OfflineEngine {
  const { primary, syncInterval } = config;
  const folder = dirname(resolve(config.path));
  if (!existsSync(folder)) {
    throw new LitefleetError(
      `Cannot open the database ${config.path}: the folder ${folder} does not exist; create it first`,
      "SQLITE_CANTOPEN",
      { extendedCode: "SQLITE_CANTOPEN", rawCode: 14 },
    );
  }
  const path = join(realpathSync(folder), basename(config.path));
  if (existsSync(path) && !existsSync(`${path}-outbox`)) {
    throw new LitefleetError(
      `${config.path} is there already and was not made by an offline client, which would replace it. Name a new file.`,
      "CONFIG_INVALID",
    );
  }
  const queue = WriteQueue.ofFile(path, offlineLine);
  try {
    return new OfflineEngine({
      ...config,
      path,
      url: primary.url.href.replace(/\/$/u, ""),
      queue,
      events,
      syncIntervalMs: syncInterval === undefined || syncInterval <= 0 ? undefined : syncInterval * 1_000,
      primary: new Primary({
        url: primary.url,
        tokens: new TokenSource(primary.authToken),
        fetch: primary.fetch === undefined ? undefined : (request) => primary.fetch!(request),
      }),
    });
  } catch (error) {
    queue.leave();
    throw error;
  }
}
