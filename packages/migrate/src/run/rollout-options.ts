import type { Client, Config } from "@litefleet/driver";
import type { GuardOptions } from "./tenant-guard.ts";
import type { RunRecord, RunTenant, RunWave } from "./run-record.ts";

/** What a hook answers: `false` halts the run, as an error that it throws does. */
export type HookAnswer = boolean | void | Promise<boolean | void>;

/**
 * Programs that are called at certain points of a run. One that answers `false` or throws halts it: no further tenant is
 * started, those under way are finished, and the run ends as `"halted"`.
 *
 * @example
 * { healthCheck: async (tenant, client) => (await client.execute("SELECT count(*) AS n FROM users")).rows[0].n > 0 }
 */
export interface RolloutHooks {
  /** Before the first tenant. */
  readonly beforeRun?: (run: RunRecord) => HookAnswer;
  /** Before the first tenant of each wave. */
  readonly beforeWave?: (wave: RunWave, run: RunRecord) => HookAnswer;
  /** After each tenant, failed ones too. */
  readonly afterTenant?: (tenant: RunTenant) => HookAnswer;
  /** After each tenant that did not fail, on a client of it that is closed afterwards. */
  readonly healthCheck?: (tenant: RunTenant, client: Client) => HookAnswer;
}

/** How a run goes over its fleet. */
export interface RolloutOptions extends RolloutHooks, GuardOptions {
  /**
   * How many tenants have been run after each wave, as counts and as shares of the fleet, increasing: `"1,5%,100%"` or
   * `[1, "5%", "100%"]`. The last one is the whole fleet. Canaries are not counted. Default: one wave.
   */
  readonly waves?: string | readonly (string | number)[];
  /** Names of the tenants that are a wave of their own, before all others. Default none. */
  readonly canary?: readonly string[];
  /** Milliseconds between two waves. Default 0. */
  readonly pauseMs?: number;
  /**
   * Tenants of a wave that may fail before the waves after it are given up: a count, or a share of the wave (`"5%"`).
   * Default 0. The last wave has none after it, and so has one alone.
   */
  readonly maxFailures?: number | string;
  /** What happens to tenants that have not been started when one fails. Default `"continue"`. */
  readonly onError?: "stop" | "continue";
  /**
   * Milliseconds that a tenant may take, with all its attempts. A statement that a local file is executing is not
   * interrupted. Default: no limit.
   */
  readonly timeoutMs?: number;
  /** How often a tenant is tried again after an error that may pass: busy, the network, 429, 503. Default 3. */
  readonly retries?: number;
  /** Tenants under way at once; for a server that is overloaded fewer. Default 8. */
  readonly concurrency?: number;
  /**
   * Where the run is written down, so that it can be resumed: a file, or the URL or configuration of a control database; `false`:
   * nowhere. Default: for the command line `.litefleet/runs.db` in the working directory, for the library nowhere.
   */
  readonly ledger?: string | Config | false;
}
