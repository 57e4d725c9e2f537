/** What {@link Fleet.map} rejects with when some tenants failed: which and why, and what became of the others. */
export class FleetError<R = unknown> extends AggregateError {
  /** The errors by the names of the tenants, in their order. */
  readonly failures: ReadonlyMap<string, unknown>;
  /** The results of the tenants that did not fail. */
  readonly results: ReadonlyMap<string, R>;

  constructor(failures: ReadonlyMap<string, unknown>, results: ReadonlyMap<string, R>) {
    const [first] = failures;
    const reason = first?.[1] instanceof Error ? first[1].message : String(first?.[1]);
    const total = failures.size + results.size;
    super(failures.values(), `${failures.size} of ${total} tenants failed; the first is ${first?.[0]}: ${reason}`);
    this.name = "FleetError";
    this.failures = failures;
    this.results = results;
  }
}
