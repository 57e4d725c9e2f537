import type { RunJournal } from "./run-journal.ts";
import type { RunCounts, RunRecord, RunState, RunTenant, RunTenantState, RunWave } from "./run-record.ts";

/** A run as it stands. What changes in it goes to the journal. */
export class RunBook {
  readonly #tenants: RunTenant[];
  readonly #waves: RunWave[];
  readonly #counts: Record<RunTenantState, number>;
  #run: RunRecord;
  #journal: RunJournal | undefined;

  constructor(run: RunRecord, tenants: readonly RunTenant[]) {
    this.#run = run;
    this.#tenants = [...tenants];
    this.#waves = [...run.waves];
    this.#counts = countTenants(tenants);
  }

  /** From now on changes are written down and told. */
  keep(journal: RunJournal): void {
    this.#journal = journal;
  }

  get record(): RunRecord {
    const counts: RunCounts = { total: this.#tenants.length, ...this.#counts };
    return { ...this.#run, waves: [...this.#waves], counts };
  }

  get tenants(): readonly RunTenant[] {
    return this.#tenants;
  }

  get waves(): readonly RunWave[] {
    return this.#waves;
  }

  tenant(place: number): RunTenant {
    const tenant = this.#tenants[place];
    if (tenant === undefined) throw new RangeError(`There is no tenant at place ${place}`);
    return tenant;
  }

  changeTenant(place: number, change: Partial<RunTenant>): RunTenant {
    const before = this.tenant(place);
    const after = { ...before, ...change };
    this.#tenants[place] = after;
    this.#counts[before.state] -= 1;
    this.#counts[after.state] += 1;
    this.#journal?.tenant(place, after);
    return after;
  }

  changeWave(index: number, change: Partial<RunWave>): RunWave {
    const before = this.#waves[index];
    if (before === undefined) throw new RangeError(`There is no wave ${index}`);
    const after = { ...before, ...change };
    this.#waves[index] = after;
    return after;
  }

  end(state: RunState): RunRecord {
    this.#run = { ...this.#run, state, endedAt: Date.now() };
    return this.record;
  }
}

/** Tenants by state. */
export function countTenants(tenants: readonly RunTenant[]): Record<RunTenantState, number> {
  const counts = { waiting: 0, running: 0, migrated: 0, "up-to-date": 0, failed: 0 };
  for (const { state } of tenants) counts[state] += 1;
  return counts;
}
