import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { driverError, drizzle } from "@litefleet/drizzle-adapter/v1";
import { eq, sql } from "drizzle-orm-v1";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ddl, relations, users } from "./schema.ts";

// Only where transactions write side by side can they conflict.
let folder: string;
let db: ReturnType<typeof open>;
let count = 0;

function open() {
  return drizzle({ url: `file:${join(folder, `${(count += 1)}.db`)}`, engine: "turso" }, { relations });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "litefleet-drizzle-v1-conflicts-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  db = open();
  for (const statement of ddl) await db.run(statement);
  await db.insert(users).values({ id: 1, name: "-" });
  return () => db.$client.close();
});

/** Appends `mark` to the name of the first user, after `meanwhile` has happened in the first attempt. */
function append(mark: string, options: { maxRetries?: number; meanwhile: () => Promise<unknown> }) {
  const attempts: number[] = [];
  let isFirst = true;
  const done = db.transaction(
    async (tx) => {
      const row = await tx.select().from(users).where(eq(users.id, 1)).get();
      if (isFirst) await options.meanwhile();
      isFirst = false;
      await tx
        .update(users)
        .set({ name: `${row?.name}${mark}` })
        .where(eq(users.id, 1));
      return mark;
    },
    {
      behavior: "concurrent",
      ...(options.maxRetries !== undefined && { maxRetries: options.maxRetries }),
      onRetry: ({ attempt }) => attempts.push(attempt),
    },
  );
  return { done, attempts };
}

const appendOther = () =>
  db.transaction(async (tx) => tx.update(users).set({ name: sql`name || 'b'` }), { behavior: "concurrent" });

test("a transaction that conflicts is run again as a whole", async () => {
  const { done, attempts } = append("a", { meanwhile: appendOther });
  expect(await done).toBe("a");
  expect(attempts).toStrictEqual([1]);
  expect(await db.select({ name: users.name }).from(users)).toStrictEqual([{ name: "-ba" }]);
});

test("it rejects with CONFLICT when its retries are spent, and leaves nothing", async () => {
  const { done, attempts } = append("a", { maxRetries: 0, meanwhile: appendOther });
  const error: unknown = await done.catch((reason: unknown) => reason);
  expect(driverError(error)).toMatchObject({ code: "CONFLICT", isRetryable: true });
  expect(attempts).toStrictEqual([]);
  expect(await db.select({ name: users.name }).from(users)).toStrictEqual([{ name: "-b" }]);
});
