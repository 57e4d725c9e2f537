import { access, constants } from "node:fs/promises";
import path from "node:path";
import { describeError } from "../fleet/tenant-result.ts";
import { resolveTenants } from "../fleet/resolve-tenants.ts";
import type { FleetSource } from "../fleet/resolve-tenants.ts";
import { runTenants, tenantExists, withClient } from "../fleet/run-tenants.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import { groupErrors } from "../report/error-groups.ts";
import { namesOf, someNames, tenantCount } from "../report/groups.ts";
import type { TenantError } from "../fleet/tenant-result.ts";
import type { Check } from "./check.ts";

/** Tenants that are opened; those of a large fleet are spread over it. */
const opened = 20;

interface Looked {
  readonly name: string;
  readonly error?: TenantError | undefined;
  /** `undefined` for a server or a file that is not there yet. */
  readonly journal?: string | undefined;
}

/** Whether there are tenants, whether they can be opened and written, and whether readers and writers go together. */
export async function checkTenants(source: FleetSource, concurrency: number): Promise<Check[]> {
  let tenants: ResolvedTenant[];
  try {
    tenants = await resolveTenants(source);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [
      {
        name: "tenants",
        state: "problem",
        message,
        cure: "Correct targets or tenants in the configuration, or --targets.",
      },
    ];
  }
  const step = Math.max(1, tenants.length / opened);
  const sample = Array.from({ length: Math.min(opened, tenants.length) }, (_, i) => tenants[Math.floor(i * step)]!);
  const results = await runTenants(sample, { concurrency: Math.min(concurrency, opened) }, lookAt, () => {});
  const looked = results.filter((result) => result !== undefined);
  const of =
    sample.length < tenants.length ? `${sample.length} of ${tenantCount(tenants.length)}` : tenantCount(tenants.length);
  const failures = groupErrors(looked).map(({ code, message, count, tenants: names }): Check => ({
    name: "tenants",
    state: "problem",
    message: `${tenantCount(count)} of ${sample.length} cannot be opened (${namesOf(names, count)}): ${message}`,
    cure: cureOf(code, message),
  }));
  const others = looked.filter(
    ({ error, journal }) => error === undefined && journal !== undefined && !/^(?:wal|mvcc)$/u.test(journal),
  );
  const checks: Check[] = failures.length > 0 ? failures : [{ name: "tenants", state: "ok", message: `${of} opened` }];
  if (others.length > 0) {
    checks.push({
      name: "journal mode",
      state: "warning",
      message: `${tenantCount(others.length)} of ${sample.length} are not in WAL mode (${someNames(others)}): readers wait for a migration`,
      cure: "PRAGMA journal_mode = WAL, once on each file.",
    });
  } else if (looked.some(({ journal }) => journal !== undefined)) {
    checks.push({ name: "journal mode", state: "ok", message: "files are in WAL mode" });
  }
  return checks;
}

async function lookAt(tenant: ResolvedTenant): Promise<Looked> {
  const { name, path: file } = tenant;
  try {
    if (!(await tenantExists(tenant))) {
      await access(path.dirname(file ?? "."), constants.W_OK);
      return { name };
    }
    if (file !== undefined) {
      await access(file, constants.W_OK);
      // The log and the shared memory are made beside it.
      await access(path.dirname(file), constants.W_OK);
    }
    const journal = await withClient(tenant, async (client) => {
      if (file === undefined) {
        await client.execute("SELECT 1");
        return undefined;
      }
      const { rows } = await client.execute("PRAGMA journal_mode");
      return String(rows[0]?.[0]);
    });
    return { name, journal };
  } catch (error) {
    return { name, error: describeError(error, tenant) };
  }
}

function cureOf(code: string, message: string): string {
  if (/EACCES|EPERM|READONLY/u.test(message)) return "Run it as a user who may write the files and their folders.";
  if (/NOTADB/u.test(message)) return "Narrow the glob, or leave it out with --exclude.";
  if (/AUTH_FAILED|401|403/u.test(message)) return "Put a valid token into LIBSQL_AUTH_TOKEN, or into the tenant.";
  if (/CONNECTION_FAILED|ECONNREFUSED|ENOTFOUND/u.test(message)) return "Look at the URL, and whether the server runs.";
  return `See docs/errors.md for ${code}.`;
}
