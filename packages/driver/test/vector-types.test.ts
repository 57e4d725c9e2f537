import type { Client, Value } from "@litefleet/driver";
import { hybridSearch, insertVectors, vectorSearch } from "@litefleet/driver/vector";
import { expectTypeOf, it } from "vitest";

interface Word {
  readonly word: string;
  readonly embedding: Float32Array | null;
}

declare const client: Client;
declare const words: AsyncIterable<Word>;

it("types what a search gives", () => {
  const options = { table: "words", column: "embedding", vector: [1] };
  const plain = (): ReturnType<typeof vectorSearch> => vectorSearch(client, options);
  expectTypeOf(plain).returns.resolves.items.toHaveProperty("distance").toEqualTypeOf<number>();
  const typed = async (): Promise<string[]> =>
    (await vectorSearch<{ word: string }>(client, options)).map(({ word }) => word);
  expectTypeOf(typed).returns.resolves.toEqualTypeOf<string[]>();
  const explained = async (): Promise<"exact" | "index"> =>
    (await vectorSearch(client, { ...options, explain: true })).plan.method;
  expectTypeOf(explained).returns.resolves.toEqualTypeOf<"exact" | "index">();
  const loose = async (): Promise<Value | undefined> => (await vectorSearch(client, options))[0]?.["word"];
  expectTypeOf(loose).returns.resolves.toEqualTypeOf<Value | undefined>();
  const hybrid = async (): Promise<string[]> =>
    (await hybridSearch<{ word: string }>(client, { ...options, textTable: "t", text: "sea" })).map(({ word }) => word);
  expectTypeOf(hybrid).returns.resolves.toEqualTypeOf<string[]>();
});

it("takes rows of an interface", () => {
  const insert = (): Promise<number> => insertVectors(client, "words", words);
  expectTypeOf(insert).returns.resolves.toEqualTypeOf<number>();
  // @ts-expect-error a Date is no value of a database
  const wrong = (): Promise<number> => insertVectors(client, "words", [{ word: "sea", at: { when: 1 } }]);
  expectTypeOf(wrong).returns.resolves.toEqualTypeOf<number>();
});
