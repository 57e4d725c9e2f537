import { readFile } from "node:fs/promises";
import { errorCodes } from "@litefleet/driver";
import { expect, it } from "vitest";

it("explains every error code, and no other", async () => {
  const text = await readFile(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const explained = [...text.matchAll(/^\| `(?<code>[A-Z_]+)` \|/gmu)].map((match) => match.groups?.["code"]);
  expect(new Set(explained)).toEqual(new Set<string>(errorCodes));
});
