import { PrismaLitefleet } from "@litefleet/prisma-adapter";
import type { Config, Client } from "@litefleet/driver";
import { newPrismaClient } from "./prisma-client.ts";
import type { TestClient } from "./prisma-client.ts";

/** A client with an extension, which the hand-written types of the tests do not know: `T` is what it gives. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows the type, as with JSON
export function extend<T extends object>(prisma: object, extension: (client: object) => object): T {
  // As Prisma's own types have it.
  const { $extends } = prisma as { $extends: (extension: (client: object) => object) => T };
  return $extends.call(prisma, extension);
}

/** A client of a database with an extension. The caller disconnects it. */
export async function newExtended<T extends object = TestClient>(
  database: Config | Client,
  ...extensions: readonly ((client: object) => object)[]
): Promise<T & TestClient> {
  let client: object = await newPrismaClient(new PrismaLitefleet(database));
  for (const extension of extensions) client = extend<object>(client, extension);
  return client as T & TestClient;
}
