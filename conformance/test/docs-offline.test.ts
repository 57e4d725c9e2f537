import { startTursoSyncServer } from "@litefleet/testing";
import { expect, it } from "vitest";
import { examplesOf, runExample } from "../src/run-example.ts";

it("runs the example of the guide to offline writes, which prints what it says", async () => {
  const [example = ""] = await examplesOf(new URL("../../docs/offline.md", import.meta.url));
  await using server = await startTursoSyncServer();
  const schema = "CREATE TABLE rooms (id TEXT PRIMARY KEY, name TEXT UNIQUE, guest TEXT)";
  const requests = [{ type: "execute", stmt: { sql: schema } }];
  await fetch(`${server.url}/v2/pipeline`, { method: "POST", body: JSON.stringify({ requests }) });
  const printed = (await runExample(example.replace("http://127.0.0.1:8080", server.url))).replaceAll("LibsqlRow ", "");
  const promised = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gmu)].map((match) => match[1]);
  expect(promised).toHaveLength(4);
  expect(printed.trimEnd().split("\n")).toEqual(promised);
});
