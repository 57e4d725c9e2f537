import type { RunEvent } from "../src/run/run-event.ts";
import type { RunReader } from "../src/run/run-reader.ts";
import type { RunCounts, RunRecord, RunTenant, RunTenantState, RunWave } from "../src/run/run-record.ts";

/** Milliseconds since 1970 at which every run of a test begins. */
const startOfRun = Date.UTC(2026, 2, 1, 14, 25, 1);

const runMigrations = ["0000_blog", "0001_starter_plan", "0002_add_plans"];

/** A tenant as a ledger has it after it was migrated; changed by `over`. */
export function runTenant(name: string, over: Partial<RunTenant> = {}): RunTenant {
  return {
    name,
    target: `data/${name}.db`,
    wave: 0,
    state: "migrated",
    attempts: 1,
    startedAt: startOfRun + 10,
    durationMs: 12,
    applied: ["0002_add_plans"],
    pending: [],
    version: "0002_add_plans",
    error: undefined,
    ...over,
  };
}

/** A tenant that failed with this code. */
export function failedTenant(name: string, code: string, over: Partial<RunTenant> = {}): RunTenant {
  return runTenant(name, {
    state: "failed",
    applied: [],
    pending: ["0002_add_plans"],
    version: "0001_starter_plan",
    error: { code, message: `Tenant ${name}: ${code} happened`, migration: "0002_add_plans", statementIndex: 0 },
    ...over,
  });
}

function countTenants(tenants: readonly RunTenant[]): RunCounts {
  const count = (state: RunTenantState): number => tenants.filter((tenant) => tenant.state === state).length;
  return {
    total: tenants.length,
    waiting: count("waiting"),
    running: count("running"),
    migrated: count("migrated"),
    "up-to-date": count("up-to-date"),
    failed: count("failed"),
  };
}

/** A run of these tenants; its waves are those that they are in. */
export function runRecord(tenants: readonly RunTenant[], over: Partial<RunRecord> = {}): RunRecord {
  const last = Math.max(0, ...tenants.map(({ wave }) => wave));
  const waves = Array.from({ length: last + 1 }, (_, index): RunWave => {
    const size = tenants.filter(({ wave }) => wave === index).length;
    const label = index === last ? "100%" : `${index + 1}`;
    return {
      index,
      label,
      size,
      state: "done",
      startedAt: startOfRun + index * 1000,
      endedAt: startOfRun + (index + 1) * 1000,
      reason: undefined,
    };
  });
  return {
    id: "20260301-142501-3f9a",
    command: "up",
    state: tenants.some(({ state }) => state === "failed") ? "partial" : "done",
    dir: "/srv/app/drizzle",
    source: "drizzle-v0",
    migrations: runMigrations,
    startedAt: startOfRun,
    endedAt: startOfRun + waves.length * 1000,
    holder: "web-1:4711",
    heartbeatAt: startOfRun + waves.length * 1000,
    waves,
    counts: countTenants(tenants),
    ...over,
  };
}

/** The events of that run, as if its tenants had been run one after the other. */
export function eventsOf(run: RunRecord, tenants: readonly RunTenant[]): RunEvent[] {
  const waiting = { ...countTenants([]), total: tenants.length, waiting: tenants.length };
  const waves = run.waves.flatMap((wave): RunEvent[] => [
    { type: "wave-start", wave: { ...wave, state: "running", endedAt: undefined } },
    ...tenants
      .filter((tenant) => tenant.wave === wave.index && tenant.state !== "waiting")
      .flatMap((tenant): RunEvent[] => [
        { type: "tenant-start", tenant: { ...tenant, state: "running" } },
        { type: "tenant-end", tenant },
      ]),
    { type: "wave-end", wave },
  ]);
  return [
    { type: "run-start", run: { ...run, state: "running", endedAt: undefined, counts: waiting } },
    ...waves,
    { type: "run-end", run },
  ];
}

/** A ledger in memory. What is put into it is what is read. */
export class MemoryLedger implements RunReader {
  readonly runs = new Map<string, { run: RunRecord; tenants: readonly RunTenant[] }>();

  put(run: RunRecord, tenants: readonly RunTenant[]): void {
    this.runs.set(run.id, { run: { ...run, counts: countTenants(tenants) }, tenants });
  }

  async list({ limit }: { readonly limit?: number } = {}): Promise<RunRecord[]> {
    const newest = [...this.runs.values()].map(({ run }) => run).toSorted((a, b) => (a.id < b.id ? 1 : -1));
    return newest.slice(0, limit);
  }

  async get(id: string): Promise<RunRecord | undefined> {
    const all = await this.list();
    if (id === "latest") return all[0];
    const found = all.filter((run) => run.id.startsWith(id));
    return found.length === 1 ? found[0] : undefined;
  }

  async tenants(
    id: string,
    options: { readonly state?: RunTenantState; readonly limit?: number; readonly offset?: number } = {},
  ): Promise<RunTenant[]> {
    const { state, offset = 0, limit = Number.MAX_SAFE_INTEGER } = options;
    const all = this.runs.get(id)?.tenants ?? [];
    return all.filter((tenant) => state === undefined || tenant.state === state).slice(offset, offset + limit);
  }

  async close(): Promise<void> {}
}
