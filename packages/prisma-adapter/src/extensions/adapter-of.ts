import { LitefleetAdapter } from "../litefleet-adapter.ts";
import { queryableOf } from "../queryable-question.ts";
import type { RawRunner } from "../queryable-question.ts";

/**
 * Tells the adapter of a client, which is connected if it is not, at every call. It is asked for once, and again when Prisma has
 * disconnected from it.
 */
export function adapterOf(client: RawRunner): () => Promise<LitefleetAdapter> {
  let known: LitefleetAdapter | undefined;
  return async () => {
    if (known === undefined || known.isDisposed) {
      const queryable = await queryableOf(client);
      if (!(queryable instanceof LitefleetAdapter)) {
        throw new TypeError("Expected a Prisma client, got the client of a transaction");
      }
      known = queryable;
    }
    return known;
  };
}
