import type { Client } from "@litefleet/driver";

/** Runs a migration, or undoes it, on `client`, which stands for the open transaction. */
export type RunCode = (client: Client) => Promise<void>;

/** A migration that is a program and decides by what it finds in the database what to do; each way, if it has to. */
export interface MigrationCode {
  readonly up: RunCode | undefined;
  readonly down: RunCode | undefined;
}
