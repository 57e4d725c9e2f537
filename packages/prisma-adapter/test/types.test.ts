import type { SqlMigrationAwareDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import { expectTypeOf, test } from "vitest";
import type { Client, Config } from "@litefleet/driver";
import { PrismaLitefleet } from "@litefleet/prisma-adapter";
import type { PrismaLitefleetOptions } from "@litefleet/prisma-adapter";

test("is what Prisma takes as an adapter, with migrations", () => {
  expectTypeOf(PrismaLitefleet).instance.toExtend<SqlMigrationAwareDriverAdapterFactory>();
});

test("takes a config or a client, and known options only", () => {
  expectTypeOf(PrismaLitefleet).constructorParameters.toEqualTypeOf<[Config | Client, PrismaLitefleetOptions?]>();
  expectTypeOf<PrismaLitefleetOptions>().toEqualTypeOf<{
    readonly timestampFormat?: "iso8601" | "unixepoch-ms";
    readonly transactionMode?: "immediate" | "deferred" | "concurrent";
  }>();
  // @ts-expect-error a URL alone is no config
  expectTypeOf(() => new PrismaLitefleet("file:app.db")).toBeFunction();
  // @ts-expect-error the mode's name
  expectTypeOf(() => new PrismaLitefleet({ url: "file:app.db" }, { transactionMode: "exclusive" })).toBeFunction();
});
