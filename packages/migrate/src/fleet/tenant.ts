import type { Config } from "@litefleet/driver";

/**
 * One database of a fleet: its name and how it is opened.
 *
 * @example { name: "acme", url: "file:data/acme.db" }
 * @example { name: "acme", ...server.clientConfig("acme") }
 */
export interface Tenant extends Config {
  /** Unique in the fleet; what messages and results call it. */
  readonly name: string;
}

/** A tenant as it was found, with what may be shown of where it lies. */
export interface ResolvedTenant {
  readonly name: string;
  /** Path or URL, without any credentials. */
  readonly target: string;
  readonly config: Config;
  /** For a file: its path. It may not exist yet. */
  readonly path: string | undefined;
}
