export { migrate } from "./migrate.ts";
export type { MigrateOptions } from "./migrate.ts";
export { down } from "./down.ts";
export type { DownOptions, DownResult, DownRunOptions } from "./down.ts";
export type { DownTarget } from "./goal.ts";
export type { ApplyOptions, MigrateResult, RunOptions as MigrationRunOptions } from "./apply.ts";
export type { MigrationEvent, MigrationListener } from "./migration-event.ts";
export type { MigrationOrder } from "./next-migrations.ts";
export type { TransactionScope } from "./plan.ts";
export { planMigrations } from "./plan-migrations.ts";
export type {
  MigrationsPlan,
  PlannedGroup,
  PlannedStatement,
  PlanOptions,
  PlanSelection,
  TouchedTable,
} from "./plan-migrations.ts";
export type { DestructiveStatement } from "./safety/destructive.ts";
export { ensureMigrated } from "./ensure-migrated.ts";
export type { EnsureOptions } from "./ensure-migrated.ts";
export { lintMigrations } from "./lint/lint-migrations.ts";
export type { LintOptions } from "./lint/lint-migrations.ts";
export { lintRules } from "./lint/finding.ts";
export type { LintFinding, LintResult, LintRule } from "./lint/finding.ts";
export { verify } from "./verify.ts";
export type { HistoryProblem, VerifyResult } from "./verify.ts";
export { baseline } from "./baseline.ts";
export type { BaselineOptions, BaselineResult } from "./baseline.ts";
export { resolve } from "./resolve.ts";
export type { Resolution, ResolveOptions, ResolveResult } from "./resolve.ts";
export { repair } from "./repair.ts";
export type { RepairChoice, RepairOptions, RepairResult } from "./repair.ts";
export type { LedgerOptions } from "./rewrite-ledger.ts";
export { status } from "./status.ts";
export type { MigrationStatus, StatusOptions } from "./status.ts";
export { migrateFleet } from "./fleet/migrate-fleet.ts";
export type { FleetMigration, FleetProgress, MigrateFleetOptions, TenantMigration } from "./fleet/migrate-fleet.ts";
export { resumeFleet } from "./fleet/resume-fleet.ts";
export type { ResumeFleetOptions } from "./fleet/resume-fleet.ts";
export { openRuns } from "./run/ledger-reader.ts";
export type { RunsOptions } from "./run/ledger-reader.ts";
export type { RunReader } from "./run/run-reader.ts";
export { fleetStatus } from "./fleet/fleet-status.ts";
export type { FleetStatus, FleetStatusOptions, TenantStatus } from "./fleet/fleet-status.ts";
export type { FleetSource } from "./fleet/resolve-tenants.ts";
export type { RunOptions } from "./fleet/run-tenants.ts";
export type { TenantSelection } from "./fleet/select-tenants.ts";
export type { SqldNamespaces } from "./fleet/sources/sqld-namespaces.ts";
export type { TenantList } from "./fleet/sources/tenant-list.ts";
export type { TenantQuery } from "./fleet/sources/tenant-query.ts";
export type { TursoPlatform } from "./fleet/sources/turso-platform.ts";
export type { Tenant } from "./fleet/tenant.ts";
export type { TenantOrTarget, TenantSource } from "./fleet/tenant-source.ts";
export { defineConfig } from "./config/define-config.ts";
export type { MigrateConfig } from "./config/define-config.ts";
export type { HookAnswer, RolloutHooks, RolloutOptions } from "./run/rollout-options.ts";
export type { RunEvent, RunListener } from "./run/run-event.ts";
export type { RunCounts, RunRecord, RunState, RunTenant, RunTenantState, RunWave } from "./run/run-record.ts";
export type { TenantError, TenantRun } from "./fleet/tenant-result.ts";
export { loadMigrations } from "./load-migrations.ts";
export type { SourceChoice, SourceOptions } from "./source/source.ts";
export type { MigrationCode, RunCode } from "./kysely/migration-code.ts";
export { sourceNames } from "./migration.ts";
export type { History, Ledger, Migration, MigrationSet, MigrationStatement, SourceName } from "./migration.ts";
export { MigrateError, migrateErrorCodes, PartialMigrationError } from "./errors.ts";
export type { MigrateErrorCode, MigrateErrorDetails } from "./errors.ts";
export { fleetDrift } from "./drift/fleet-drift.ts";
export type { DriftShape, FleetDrift, FleetDriftOptions } from "./drift/fleet-drift.ts";
export type { DiffLine, ObjectDiff } from "./drift/diff-shapes.ts";
export type { ShapeObject } from "./drift/read-shape.ts";
export { createTemplate, provisionTenant } from "./provision/provision-tenant.ts";
export type { ProvisionedTenant, Template, TemplateOptions } from "./provision/provision-tenant.ts";
export { restoreBackups } from "./backup/restore-backups.ts";
export type { RestoredTenant, RestoreOptions } from "./backup/restore-backups.ts";
export { pruneBackups, readBackups } from "./backup/prune-backups.ts";
export type { BackupsOptions } from "./backup/prune-backups.ts";
export type { Backup, BackupMode, FileSource, NamespaceSource } from "./backup/backup-record.ts";
export type { GuardOptions } from "./run/tenant-guard.ts";
