import { vector } from "@litefleet/driver";

const topics = [
  ["slow", "page", "load", "site"],
  ["log", "password", "login", "cannot"],
  ["invoice", "pay", "price", "card"],
] as const;

/** Elements of a vector: one a topic. */
export const dimensions = topics.length;

/** How much a text has of each topic: what an embedding model would tell far better. */
export function embed(text: string): Uint8Array {
  const words = text.toLowerCase().split(/\W+/u);
  return vector(topics.map((topic) => 0.1 + words.filter((word) => topic.some((known) => known === word)).length));
}
