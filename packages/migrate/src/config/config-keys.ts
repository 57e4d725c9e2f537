import type { MigrateConfig } from "./define-config.ts";

/** What an entry may be, as far as it can be said without looking into it. */
export type EntryKind = "string" | "number" | "boolean" | "list" | "object" | "function";

const kinds: Readonly<Record<keyof MigrateConfig, readonly EntryKind[]>> = {
  dir: ["string"],
  source: ["string"],
  ledgerTable: ["string"],
  targets: ["string", "list"],
  tenants: ["string", "list", "object", "function"],
  authToken: ["string"],
  engine: ["string"],
  tx: ["string"],
  order: ["string"],
  allowRowLoss: ["list"],
  lockTimeoutMs: ["number"],
  concurrency: ["number"],
  waves: ["string", "list"],
  canary: ["list"],
  pauseMs: ["number"],
  maxFailures: ["number", "string"],
  onError: ["string"],
  timeoutMs: ["number"],
  retries: ["number"],
  ledger: ["string", "object", "boolean"],
  backup: ["string"],
  backups: ["string"],
  fence: ["boolean"],
  beforeRun: ["function"],
  beforeWave: ["function"],
  afterTenant: ["function"],
  healthCheck: ["function"],
};

/** The entries of a configuration and what each may be. */
export const configKeys: ReadonlyMap<string, readonly EntryKind[]> = new Map(Object.entries(kinds));
