import { createClient } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import { expect, it } from "vitest";
import { examplesOf, runExample } from "../src/run-example.ts";

const root = new URL("../../", import.meta.url);

it("runs the tastes of the project's README", async () => {
  const examples = await examplesOf(new URL("README.md", root));
  const run = async (name: string): Promise<string> => runExample(examples.find((code) => code.includes(name)) ?? "");
  expect(await run("@litefleet/driver")).toMatch(/^1 \[ (?:LibsqlRow )?\{ name: 'there'/u);
  expect(await run("@litefleet/drizzle-adapter")).toContain("name: 'Grace'");
  expect(await run("@litefleet/kysely-dialect")).toContain("text: 'first'");
});

it("runs the examples of the guide to concurrent writes, which print what they say", async () => {
  const examples = await examplesOf(new URL("docs/concurrency.md", root));
  expect(examples).toHaveLength(3);
  for (const example of examples) {
    const output = await runExample(example);
    const promises = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gmu)].map(([, promised = ""]) => promised);
    expect(promises).not.toEqual([]);
    for (const promised of promises) expect(output).toContain(promised);
  }
});

it("runs the examples of the driver's README, which print what they say", async () => {
  const examples = await examplesOf(new URL("packages/driver/README.md", root));
  expect(examples).toHaveLength(5);
  await using sqld = await startSqld();
  await using server = createClient(sqld.clientConfig());
  await server.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
  for (const example of examples) {
    const isReplica = example.includes("syncUrl");
    const open = isReplica ? 'import { createClient } from "@litefleet/driver";\n' : "";
    const close = isReplica ? "client.close();\n" : "";
    const output = await runExample(open + example.replaceAll("http://127.0.0.1:8080", sqld.url) + close);
    for (const [, promised = ""] of example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gmu))
      expect(output).toContain(promised);
  }
  expect((await server.execute("SELECT name FROM users")).rows[0]?.["name"]).toBe("Edsger");
});
