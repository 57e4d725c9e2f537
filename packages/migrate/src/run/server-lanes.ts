import type { ResolvedTenant } from "../fleet/tenant.ts";
import { Lane, laneOf } from "./lane.ts";

/** The servers of a fleet, each with the load that it is given. */
export class ServerLanes {
  readonly #most: number;
  readonly #lanes = new Map<string, Lane>();

  /** @param most tenants of one server that are under way at once. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The lane of the tenant's server; `undefined` for a file. */
  of({ path, config }: ResolvedTenant): Lane | undefined {
    if (path !== undefined) return undefined;
    const name = laneOf(config.syncUrl ?? config.url);
    const lane = this.#lanes.get(name) ?? new Lane(this.#most);
    this.#lanes.set(name, lane);
    return lane;
  }

  /** The tenant, opened so that its lane hears when the server is overloaded. The driver's own retries would hide it. */
  watched(tenant: ResolvedTenant): ResolvedTenant {
    const lane = this.of(tenant);
    if (lane === undefined || tenant.config.syncUrl !== undefined) return tenant;
    // The driver says what is wrong with one that is no function.
    const own = tenant.config.fetch;
    if (own !== undefined && typeof own !== "function") return tenant;
    const send = (own ?? globalThis.fetch) as typeof fetch;
    const watchedFetch: typeof fetch = async (input, init) => {
      const response = await send(input, init);
      if (response.status === 429 || response.status === 503) lane.refused();
      return response;
    };
    return { ...tenant, config: { ...tenant.config, fetch: watchedFetch } };
  }
}
