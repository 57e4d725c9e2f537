import { describeValue } from "../describe-value.ts";
import { LitefleetError } from "../errors.ts";
import type { FleetTenant, FleetTenants, TenantAnswer } from "./fleet-api.ts";

/** The longest name, so that it still fits into a file name with something after it. */
const maxNameLength = 128;

/** Finds tenants by name. */
export interface TenantLookup<T extends FleetTenant> {
  /** All names, in order; `undefined` where only a function knows them. */
  readonly names: readonly string[] | undefined;
  /** @throws {LitefleetError} `TENANT_INVALID` for a name that cannot be one. */
  checkName(name: string): void;
  /** @throws {LitefleetError} `TENANT_UNKNOWN`, or `TENANT_INVALID` for what is no tenant. */
  find(name: string): Promise<T>;
}

/** @throws {TypeError} for what is neither a list nor a function, {@link LitefleetError} `TENANT_INVALID` for a list with a fault. */
export function createLookup<T extends FleetTenant>(tenants: FleetTenants<T>): TenantLookup<T> {
  if (typeof tenants === "function") return lookupByFunction(tenants);
  const list: readonly T[] = tenants;
  if (!Array.isArray(tenants)) {
    throw new TypeError(`Expected tenants as a list or a function, got ${describeValue(tenants)}`);
  }
  return lookupInList(list);
}

function lookupInList<T extends FleetTenant>(tenants: readonly T[]): TenantLookup<T> {
  const byName = new Map<string, T>();
  for (const tenant of tenants) {
    const name = (tenant as Partial<FleetTenant> | null)?.name;
    if (typeof name !== "string" || !/^[^\p{Cc}]+$/u.test(name)) {
      throw invalid(`A tenant's name must be text without control characters, got ${describeValue(name)}`);
    }
    if (byName.has(name)) throw invalid(`Two tenants are called ${describeValue(name)}; names must be unique`);
    byName.set(name, checkTenant(tenant, name));
  }
  return {
    names: [...byName.keys()],
    checkName: checkText,
    async find(name) {
      const tenant = byName.get(name);
      if (tenant === undefined) throw unknown(name);
      return tenant;
    },
  };
}

function lookupByFunction<T extends FleetTenant>(
  answer: (name: string) => TenantAnswer<T> | Promise<TenantAnswer<T>>,
): TenantLookup<T> {
  return {
    names: undefined,
    checkName: checkPlainName,
    async find(name) {
      const tenant = await answer(name);
      if (tenant === undefined || tenant === null) throw unknown(name);
      const given = (tenant as Partial<FleetTenant>).name;
      if (given !== undefined && given !== name) {
        throw invalid(`Asked for the tenant ${describeValue(name)}, \`tenants\` gave ${describeValue(given)}`);
      }
      // With its name it is whole: the rest of what it needs is checked when it is opened.
      return checkTenant({ ...tenant, name } as T, name);
    },
  };
}

function checkText(name: string): void {
  if (typeof name !== "string" || name === "") {
    throw invalid(`Expected a tenant's name as text, got ${describeValue(name)}`);
  }
}

/** The name may become part of a path or a URL: nothing in it may lead anywhere. */
function checkPlainName(name: string): void {
  checkText(name);
  const isPlain = /^\w(?:[\w.-]*[\w-])?$/u.test(name) && !name.includes("..") && name.length <= maxNameLength;
  if (isPlain) return;
  throw invalid(
    `A tenant's name has letters, digits, "_", "-" and "." (not first, last or twice in a row), at most ${maxNameLength}; ` +
      `got ${describeValue(name.slice(0, maxNameLength))}`,
  );
}

function checkTenant<T extends FleetTenant>(tenant: T, name: string): T {
  if (typeof tenant.url === "string" && tenant.url !== "") return tenant;
  throw invalid(`The tenant ${describeValue(name)} has no url`);
}

function invalid(message: string): LitefleetError {
  return new LitefleetError(message, "TENANT_INVALID");
}

function unknown(name: string): LitefleetError {
  return new LitefleetError(`The fleet has no tenant ${describeValue(name)}`, "TENANT_UNKNOWN");
}
