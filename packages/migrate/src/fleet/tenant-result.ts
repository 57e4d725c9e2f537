import { MigrateError } from "../errors.ts";
import { redact } from "../redact.ts";
import { codeOf } from "../tenant-errors.ts";
import type { ResolvedTenant } from "./tenant.ts";

/** An error as data. */
export interface TenantError {
  /** A {@link MigrateErrorCode}. */
  readonly code: string;
  readonly message: string;
  readonly migration?: string;
  /** The statement in the migration's file, counted from 0. */
  readonly statementIndex?: number;
  /** The code of what was thrown below, such as `SQLITE_NOTADB`. */
  readonly causeCode?: string;
}

/** What every result of a tenant begins with. */
export interface TenantRun {
  readonly name: string;
  /** Path or URL, without credentials. */
  readonly target: string;
  readonly durationMs: number;
}

/** `error` as data, without the tenant's secrets. */
export function describeError(error: unknown, { name, config }: ResolvedTenant): TenantError {
  // A token from a function is not known here; if it is a web token it is found by its form.
  const { authToken, encryptionKey } = config;
  const secrets = [typeof authToken === "string" ? authToken : undefined, encryptionKey];
  if (!(error instanceof MigrateError)) {
    const text = error instanceof Error ? error.message : String(error);
    return { code: "TENANT_FAILED", message: redact(`Tenant ${name}: ${text}`, secrets), causeCode: codeOf(error) };
  }
  return {
    code: error.code,
    // The code has its own place; an Error's message begins with it.
    message: redact(error.message.slice(error.code.length + 2), secrets),
    migration: error.migration,
    statementIndex: error.statementIndex,
    causeCode: codeOf(error.cause),
  };
}
