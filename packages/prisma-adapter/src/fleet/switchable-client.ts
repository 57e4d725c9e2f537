import type { Client } from "@litefleet/driver";

/** A client that hands its calls on to another one. */
export interface SwitchableClient {
  readonly client: Client;
  /** Hands calls on to `client` until the function it gives is called; of several the last. */
  readonly switchTo: (client: Client) => () => void;
}

/**
 * A client whose calls go to `base`, unless they are switched. A fleet that is being closed still serves the client of its `run()`, and no
 * other; so the Prisma client, which outlives both, has to use that one meanwhile.
 */
export function switchableClient(base: Client): SwitchableClient {
  const switched = new Set<{ readonly client: Client }>();
  let current = base;
  const choose = (): void => {
    current = [...switched].at(-1)?.client ?? base;
  };
  const client = new Proxy(base, {
    get(_, property): unknown {
      const value: unknown = Reflect.get(current, property, current);
      return typeof value === "function" ? value.bind(current) : value;
    },
  });
  return {
    client,
    switchTo(other) {
      const own = { client: other };
      switched.add(own);
      choose();
      return () => {
        switched.delete(own);
        choose();
      };
    },
  };
}
