export { migrate } from "./migrate.ts";
export type { MigrateOptions } from "./migrate.ts";
export type { ApplyOptions, MigrateResult } from "./apply.ts";
export type { TransactionScope } from "./plan.ts";
export { status } from "./status.ts";
export type { MigrationStatus, StatusOptions } from "./status.ts";
export { migrateFleet } from "./fleet/migrate-fleet.ts";
export type { FleetMigration, FleetProgress, MigrateFleetOptions, TenantMigration } from "./fleet/migrate-fleet.ts";
export { fleetStatus } from "./fleet/fleet-status.ts";
export type { FleetStatus, FleetStatusOptions, TenantStatus } from "./fleet/fleet-status.ts";
export type { FleetSource } from "./fleet/resolve-tenants.ts";
export type { RunOptions } from "./fleet/run-tenants.ts";
export type { Tenant } from "./fleet/tenant.ts";
export type { TenantError, TenantRun } from "./fleet/tenant-result.ts";
export { loadMigrations } from "./load-migrations.ts";
export type { SourceOptions } from "./source/source.ts";
export type {
  History,
  Ledger,
  LedgerEntry,
  Migration,
  MigrationSet,
  MigrationStatement,
  SourceName,
} from "./migration.ts";
export { MigrateError, migrateErrorCodes } from "./errors.ts";
export type { MigrateErrorCode, MigrateErrorDetails } from "./errors.ts";
