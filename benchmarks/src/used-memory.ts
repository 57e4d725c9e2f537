import { collectGarbage, turn } from "./settle.ts";

/**
 * Memory that is in use, in bytes: resident memory without what V8 holds in reserve, for its heap grows by large steps, and long
 * after a program is warm.
 */
export async function usedMemory(): Promise<number> {
  collectGarbage();
  await turn();
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  return rss - heapTotal + heapUsed;
}
