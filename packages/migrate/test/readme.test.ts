import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { migrateErrorCodes } from "../src/index.ts";
import { blogDir } from "./blog.ts";
import { runCli, startNode } from "./run-node.ts";
import { scratchFolder } from "./scratch.ts";

const packageDir = fileURLToPath(new URL("..", import.meta.url));
const readme = await readFile(path.join(packageDir, "README.md"), "utf8");

/** The code blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gmsu"))].map((match) => match[1] ?? "");
}

test("the examples run", async () => {
  const cwd = await scratchFolder();
  await cp(blogDir, path.join(cwd, "drizzle"), { recursive: true });
  await mkdir(path.join(cwd, "data"));
  await mkdir(path.join(cwd, "node_modules/@litefleet"), { recursive: true });
  for (const name of ["driver", "migrate"]) {
    await symlink(path.join(packageDir, "..", name), path.join(cwd, "node_modules/@litefleet", name));
  }
  await writeFile(path.join(cwd, "example.ts"), blocks("ts").join("\n"));
  const { code, stdout, stderr } = await startNode(["example.ts"], { cwd }).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("2/2, 0 failed");
  const commands =
    blocks("sh")
      .join("")
      .match(/^npx litefleet-migrate .*$/gmu) ?? [];
  expect(commands).toHaveLength(2);
  for (const command of commands) {
    const args = command.replaceAll("'", "").split(/\s+/u).slice(2);
    expect(await runCli(args, { cwd })).toMatchObject({ code: 0, stdout: expect.stringContaining("acme, globex") });
  }
}, 60_000);

test("every error code is explained", () => {
  const explained = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gmu)].map((match) => match[1]);
  expect(new Set(explained)).toEqual(new Set(migrateErrorCodes));
});
