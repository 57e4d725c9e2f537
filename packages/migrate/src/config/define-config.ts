import type { ApplyOptions } from "../apply.ts";
import type { FleetSource } from "../fleet/resolve-tenants.ts";
import type { RolloutOptions } from "../run/rollout-options.ts";
import type { SourceOptions } from "../source/source.ts";

/**
 * What `litefleet.config.ts` holds. Each entry is what the option of its name is on the command line, where it can be said anew.
 * Relative paths start from the file's folder.
 */
export interface MigrateConfig
  extends
    Pick<FleetSource, "targets" | "tenants" | "authToken" | "engine">,
    Pick<ApplyOptions, "tx" | "order" | "allowRowLoss" | "lockTimeoutMs">,
    SourceOptions,
    RolloutOptions {
  /** The folder of migrations. */
  readonly dir?: string;
}

/**
 * Gives the configuration its type, and answers it as it is.
 *
 * @example
 * // litefleet.config.ts
 * export default defineConfig({ dir: "drizzle", tenants: { query: "SELECT name, url FROM tenants", database: { url: "file:control.db" } } });
 */
export function defineConfig(config: MigrateConfig): MigrateConfig {
  return config;
}
