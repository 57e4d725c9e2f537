import type { CallOptions, Client, Replicated, WaitForOptions } from "@litefleet/driver";
import { extended, toExtendable } from "./extendable-client.ts";
import type { PrismaExtension } from "./extendable-client.ts";
import { adapterFactoryOf } from "./prisma-internals.ts";

/** Options of {@link LitefleetCalls.sync}. */
export type SyncOptions = Pick<CallOptions, "signal" | "timeoutMs">;

/** The driver's calls for replicas; their errors are the driver's. */
export interface LitefleetCalls {
  /** Brings an embedded replica up to date. On an offline client it pulls, then pushes. Rejects with `UNSUPPORTED` on any other. */
  sync(options?: SyncOptions): Promise<Replicated>;
  /**
   * The place in the primary's log of the last write or sync of this replica, as a token to hand to other processes; `undefined` before
   * the first. Throws `UNSUPPORTED` where there is no replica.
   */
  position(): string | undefined;
  /**
   * Waits until this replica has reached a position that another one told: what was written up to there is read from then on. Rejects
   * with `TIMEOUT` (default 30,000 ms), with `POSITION_EXPIRED` if the primary has begun a new log since, with `ARGS_INVALID` for
   * what is no position, and with `UNSUPPORTED` where there is no replica.
   */
  waitFor(position: string, options?: WaitForOptions): Promise<void>;
  /** The driver's client, connected: for its status, its events, and SQL of your own. Whoever made it closes it. */
  client(): Promise<Client>;
}

/** What {@link withLitefleet} makes of a client. */
export type LitefleetExtension = PrismaExtension<{ $litefleet: LitefleetCalls }>;

/**
 * A client extension with the driver's calls for embedded replicas: `prisma.$litefleet.sync()`, `.position()`, `.waitFor()`, and
 * `.client()` for everything else. In a transaction `tx.$litefleet` is the same as outside.
 *
 * @throws {TypeError} from `$extends` if the client's adapter is not `PrismaLitefleet`.
 * @example
 * const prisma = new PrismaClient({ adapter: new PrismaLitefleet({ url: "file:replica.db", syncUrl }) }).$extends(withLitefleet());
 * await prisma.order.create({ data });
 * response.setHeader("x-position", prisma.$litefleet.position() ?? "");
 * // in the process that gets the next request
 * await prisma.$litefleet.waitFor(request.headers["x-position"], { timeoutMs: 1_000 });
 * @see docs/replicas.md
 */
export function withLitefleet(): LitefleetExtension {
  return (client) => {
    const base = toExtendable(client);
    const factory = adapterFactoryOf(base);
    const connected = async (): Promise<Client> => {
      await base.$connect();
      const driver = factory.client;
      if (driver === undefined) throw new TypeError("Prisma has connected without the adapter that it was given");
      return driver;
    };
    const $litefleet: LitefleetCalls = {
      sync: async (options) => (await connected()).sync(options),
      position: () => factory.client?.position(),
      waitFor: async (position, options) => (await connected()).waitFor(position, options),
      client: connected,
    };
    return extended<LitefleetExtension>(base.$extends({ name: "litefleet", client: { $litefleet } }));
  };
}
