const topics = [
  ["sea", "whale", "captain", "ship"],
  ["castle", "ghost", "night", "monster"],
  ["detective", "letter", "murder", "clue"],
] as const;

/** How much a text has of each topic: what an embedding model would tell far better. */
export function embed(text: string): number[] {
  const words = text.toLowerCase().split(/\W+/u);
  return topics.map((topic) => 0.1 + words.filter((word) => topic.some((known) => known === word)).length);
}
