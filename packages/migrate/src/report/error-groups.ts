import type { TenantError } from "../fleet/tenant-result.ts";
import { groupBy } from "./groups.ts";

/** A tenant that may have failed. */
interface MaybeFailed {
  readonly name: string;
  readonly error?: TenantError | undefined;
}

/** Errors of one kind: the same code, of the same statement of the same migration, for the same cause. */
export interface ErrorGroup {
  readonly code: string;
  readonly migration: string | undefined;
  readonly causeCode: string | undefined;
  /** Tenants that failed so. */
  readonly count: number;
  /** The first of them, three at most. */
  readonly tenants: readonly string[];
  /** What the first one's error says. */
  readonly message: string;
}

const shownTenants = 3;

/** The errors by kind, the most frequent first. */
export function groupErrors(tenants: readonly MaybeFailed[]): ErrorGroup[] {
  const failed = tenants.filter(({ error }) => error !== undefined);
  const groups = groupBy(failed, ({ error }) =>
    JSON.stringify([error?.code, error?.migration, error?.statementIndex, error?.causeCode]),
  );
  return groups
    .map((group): ErrorGroup => {
      const { code = "", message = "", migration, causeCode } = group[0]?.error ?? {};
      const names = group.slice(0, shownTenants).map(({ name }) => name);
      return { code, migration, causeCode, count: group.length, tenants: names, message };
    })
    .toSorted((a, b) => b.count - a.count);
}
