import { describe, expect, inject, it } from "vitest";
import { StatementCache } from "../src/statement-cache.ts";
import { localEngines, scratchFile, startProgram } from "./local-fixture.ts";

const isLong = inject("soak");
const statements = isLong ? 1_000_000 : 30_000;
const texts = isLong ? 5_000 : 2_000;
const cacheSize = 200;

/** What the program prints at its end. */
interface Found {
  readonly expected: number;
  readonly sum: number;
  /** Memory in use in the second quarter of the statements, and in the last. */
  readonly warmBytes: number;
  readonly endBytes: number;
  /** Statements that the main connection holds compiled. */
  readonly compiled?: number;
}

describe.each(localEngines)("many statements of many texts on %s", (engine) => {
  it("leave the right data and take no more memory than at first", { tags: ["soak"] }, async () => {
    const program = startProgram("mixed-statements", scratchFile(), engine, String(statements), String(texts));
    const line = await program.line();
    expect(await program.ended).toBe(0);
    const found = JSON.parse(line ?? "") as Found;
    expect(found.sum).toBe(found.expected);
    // The statements of the cache, and those that looked.
    expect(found.compiled ?? 0).toBeLessThanOrEqual(cacheSize + 4);
    // A short run ends before the memory of a process has settled.
    expect(found.endBytes).toBeLessThan(isLong ? found.warmBytes * 1.1 : Number.POSITIVE_INFINITY);
  });
});

describe("the cache of statements", () => {
  const fill = (cache: StatementCache<number>, from: number, to: number, key: (i: number) => string = String): void => {
    for (let i = from; i < to; i += 1) cache.set(key(i), i);
  };

  it.each([1, 2, 3, 200])("holds no more than %d entries, and keeps what is used", (capacity) => {
    const cache = new StatementCache<number>(capacity);
    cache.set("used", -1);
    let keepsUsed = true;
    for (let i = 0; i < 1_000; i += 1) {
      cache.set(String(i), i);
      expect(cache.size).toBeLessThanOrEqual(capacity);
      expect(cache.get(String(i))).toBe(i);
      keepsUsed &&= cache.get("used") === -1;
    }
    // Of two, one is the newest: what is used need not be the other.
    expect(keepsUsed || capacity <= 2).toBe(true);
  });

  it("forgets what was not used for long", () => {
    const cache = new StatementCache<number>(10);
    fill(cache, 0, 30);
    expect(cache.get("0")).toBeUndefined();
    expect(cache.get("29")).toBe(29);
    cache.clear();
    expect([cache.size, cache.get("29")]).toEqual([0, undefined]);
  });

  it("keeps none if it has no room, and no text that would fill it alone", () => {
    const none = new StatementCache<number>(0);
    none.set("a", 1);
    expect([none.size, none.get("a")]).toEqual([0, undefined]);
    const cache = new StatementCache<number>(1_000);
    fill(cache, 0, 1_000, (i) => `${i}${"x".repeat(100_000)}`);
    expect(cache.size).toBeLessThanOrEqual(40);
    cache.set("x".repeat(1_000_000), 1);
    expect(cache.get("x".repeat(1_000_000))).toBeUndefined();
  });
});
