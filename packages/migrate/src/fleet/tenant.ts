import type { Config } from "@litefleet/driver";
import type { TursoCloudDatabase } from "../turso-cloud/platform.ts";

/**
 * One database of a fleet: its name and how it is opened.
 *
 * @example { name: "acme", url: "file:data/acme.db" }
 * @example { name: "acme", url: "libsql://acme.example.com", token: process.env.ACME_TOKEN, tags: { plan: "pro" } }
 * @example { name: "acme", url: "http://127.0.0.1:8080", namespace: "acme" }
 */
export interface Tenant extends Config {
  /** Unique in the fleet; what messages and results call it. */
  readonly name: string;
  /** The same as `authToken`, as registries often call it. */
  readonly token?: Config["authToken"];
  /** What tenants are selected by: `--tag plan=pro`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The namespace on a server of many, for a URL whose host does not say it. It travels in a header, so the URL is an `http:` one. */
  readonly namespace?: string;
  /** The server's admin API, `http://127.0.0.1:8081`: for what only it can do, such as forks. */
  readonly adminUrl?: string;
  /** What the database is called on Turso Cloud: for what only its Platform API can do, such as branches. */
  readonly cloud?: TursoCloudDatabase;
}

/** A tenant as it was found, with what may be shown of where it lies. */
export interface ResolvedTenant {
  readonly name: string;
  /** Path or URL, without any credentials. */
  readonly target: string;
  readonly config: Config;
  /** For a file: its path. It may not exist yet. */
  readonly path: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly namespace: string | undefined;
  readonly adminUrl: string | undefined;
  readonly cloud: TursoCloudDatabase | undefined;
}
