import type { Types } from "@prisma/client/runtime/client";
import type { RawRunner } from "../queryable-question.ts";

/** No members: what an extension leaves as it is. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- Prisma's types want an object without an index signature
export type None = Record<never, never>;

/**
 * An extension for `prisma.$extends(…)`, as `Prisma.defineExtension` types them.
 *
 * @typeParam Client what it adds to the client.
 * @typeParam Models what it adds to models, by their names in the client; `$allModels` for each of them.
 */
export type PrismaExtension<Client extends object, Models extends object = None> = (client: object) => {
  $extends: { extArgs: Types.Extensions.InternalArgs<None, Models, None, Client> };
};

/** What the extensions use of a Prisma client at run time. */
export interface ExtendableClient extends RawRunner {
  $connect(): Promise<void>;
  $extends(extension: object): ExtendableClient;
  $transaction(work: unknown, options?: object): Promise<unknown>;
}

/**
 * The client that is being extended.
 *
 * @throws {TypeError} if it is none.
 */
export function toExtendable(client: object): ExtendableClient {
  if (!isExtendable(client)) {
    throw new TypeError("Expected a Prisma client: the extension belongs into prisma.$extends(…)");
  }
  return client;
}

function isExtendable(client: object): client is ExtendableClient {
  return ["$connect", "$extends", "$transaction", "$executeRawUnsafe"].every(
    (name) => typeof Reflect.get(client, name) === "function",
  );
}

/**
 * What `client.$extends()` made of an extension, whose types nothing at run time could tell.
 *
 * @typeParam Extension a {@link PrismaExtension}.
 */
export function extended<Extension extends (client: object) => object>(client: object): ReturnType<Extension> {
  return client as ReturnType<Extension>;
}
