import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nearest } from "@litefleet/drizzle-adapter";
import { asc, gt } from "drizzle-orm";
import { openBranches } from "./branches.ts";
import { embed } from "./embed.ts";
import { type Branch, giveBack, lend } from "./lend.ts";
import { books, loans, members } from "./schema.ts";

const stock = [
  { id: 1, title: "A whale and its captain", copies: 2 },
  { id: 2, title: "The ghost of the castle", copies: 1 },
  { id: 3, title: "The detective and the letter", copies: 1 },
  { id: 4, title: "A ship at night", copies: 1 },
].map((book) => ({ ...book, embedding: embed(book.title) }));

const [given] = process.argv.slice(2);
const folder = given ?? (await mkdtemp(join(tmpdir(), "lending-library-")));
const { fleet, branches } = await openBranches(folder);
try {
  const counts = await branches.map(fill, { names: ["harbour", "hill", "station"] });
  for (const count of counts) console.log(count);

  const harbour = await branches.for("harbour");
  const wanting = ["Ada", "Grace", "Mary", "Sofia"];
  const lent = await Promise.all(wanting.map((name) => lend(harbour, 1, name)));
  console.log(`${lent.filter(Boolean).length} of ${wanting.length} get "A whale and its captain" at the harbour`);

  const readers = await harbour.query.members.findMany({
    orderBy: asc(members.name),
    with: { loans: { with: { book: true } } },
  });
  for (const { name, loans: own } of readers) {
    if (own.length > 0) console.log(`${name} has ${own.map(({ book }) => book.title).join(", ")}`);
  }

  const like = await nearest(harbour, books.embedding, embed("a captain, a ship and the sea"), {
    k: 2,
    where: gt(books.copies, 0),
  });
  const list = like.map(({ title, distance }) => `${title} (${distance.toFixed(2)})`);
  console.log(`there, and like it: ${list.join(", ")}`);

  const first = readers.find(({ loans: own }) => own.length > 0);
  console.log(`given back: ${await giveBack(harbour, first?.name ?? "")}`);
} finally {
  await fleet.close();
  if (given === undefined) await rm(folder, { recursive: true });
}

/** Starts a branch anew, with all its books on the shelves. */
async function fill(branch: Branch, { name }: { readonly name: string }): Promise<string> {
  await branch.batch([
    branch.delete(loans),
    branch.delete(members),
    branch.delete(books),
    branch.insert(books).values(stock),
  ]);
  return `${name}: ${await branch.$count(books)} books`;
}
