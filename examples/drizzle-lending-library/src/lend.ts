import type { LitefleetDatabase } from "@litefleet/drizzle-adapter";
import { and, eq, gt, sql } from "drizzle-orm";
import type * as schema from "./schema.ts";
import { books, loans, members } from "./schema.ts";

/** The database of a branch. */
export type Branch = LitefleetDatabase<typeof schema>;

/** Lends a copy of a book to a member, who is entered if need be; false if all copies are out. */
export async function lend(branch: Branch, bookId: number, name: string): Promise<boolean> {
  return branch.transaction(
    async (tx) => {
      const [member] = await tx
        .insert(members)
        .values({ name })
        .onConflictDoUpdate({ target: members.name, set: { name } })
        .returning();
      const taken = await tx
        .update(books)
        .set({ copies: sql`${books.copies} - 1` })
        .where(and(eq(books.id, bookId), gt(books.copies, 0)))
        .returning({ id: books.id });
      if (member === undefined || taken.length === 0) return false;
      await tx.insert(loans).values({ bookId, memberId: member.id });
      return true;
    },
    // Where transactions write side by side, the one that meets another's is run again.
    { behavior: "concurrent" },
  );
}

/** Takes back all that a member has, or nothing if one loan cannot be. */
export async function giveBack(branch: Branch, name: string): Promise<number> {
  return branch.transaction(
    async (tx) => {
      const member = await tx.query.members.findFirst({ where: eq(members.name, name), with: { loans: true } });
      for (const { id, bookId } of member?.loans ?? []) {
        await tx.batch([
          tx.delete(loans).where(eq(loans.id, id)),
          tx
            .update(books)
            .set({ copies: sql`${books.copies} + 1` })
            .where(eq(books.id, bookId)),
        ]);
      }
      return member?.loans.length ?? 0;
    },
    { behavior: "concurrent" },
  );
}
