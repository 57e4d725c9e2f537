import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { commands } from "../src/cli/commands.ts";
import { runCli } from "./run-node.ts";
import { scratchFolder } from "./scratch.ts";

vi.setConfig({ testTimeout: 120_000 });

async function scriptOf(shell: string): Promise<string> {
  const { code, stdout, stderr } = await runCli(["completion", shell]);
  expect(code, stderr).toBe(0);
  return stdout;
}

function has(shell: string): boolean {
  return spawnSync(shell, ["--version"]).status === 0;
}

/** What bash offers after these words; the last one is being typed. */
async function completeInBash(...words: string[]): Promise<string[]> {
  const file = path.join(await scratchFolder(), "completion.bash");
  await writeFile(file, await scriptOf("bash"));
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const script = `source '${file}'; COMP_WORDS=(litefleet-migrate ${quoted}); COMP_CWORD=${words.length}; _litefleet_migrate; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p litefleet-migrate >/dev/null`;
  const { status, stdout, stderr } = spawnSync("bash", ["-uc", script], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return stdout.split("\n").filter((line) => line !== "");
}

describe.skipIf(!has("bash"))("bash (skipped where there is no bash)", () => {
  test("commands", async () => {
    const single = [...new Set(commands.map(({ name }) => name.split(" ")[0]!))];
    expect((await completeInBash("")).toSorted()).toEqual([...single, "--help", "--version", "help"].toSorted());
    expect(await completeInBash("sta")).toEqual(["status"]);
  });

  test("a command's options, and the values of one", async () => {
    expect(await completeInBash("up", "--allow-d")).toEqual(["--allow-destructive"]);
    expect(await completeInBash("up", "--dir", "x", "--tx", "")).toEqual(["all", "file", "none"]);
    expect(await completeInBash("lint", "--dry")).toEqual([]);
    expect(await completeInBash("completion", "z")).toEqual(["zsh"]);
  });

  test("files where a value is open", async () => {
    expect(await completeInBash("up", "--dir", "/dev/nul")).toEqual(["/dev/null"]);
  });
});

describe("zsh and fish", () => {
  test("every command and option is in the script", async () => {
    for (const shell of ["zsh", "fish"]) {
      const script = await scriptOf(shell);
      for (const { name } of commands) expect(script).toContain(name.split(" ")[0]);
      expect(script).toMatch(/allow-destructive/u);
    }
  });

  test.skipIf(!has("zsh"))("zsh reads it (skipped where there is no zsh)", async () => {
    const { status, stderr } = spawnSync("zsh", ["-fn"], { input: await scriptOf("zsh"), encoding: "utf8" });
    expect(status, stderr).toBe(0);
  });

  test.skipIf(!has("fish"))("fish reads it (skipped where there is no fish)", async () => {
    const { status, stderr } = spawnSync("fish", ["--no-execute"], { input: await scriptOf("fish"), encoding: "utf8" });
    expect(status, stderr).toBe(0);
  });
});

test("an unknown shell is an error", async () => {
  expect(await runCli(["completion", "tcsh"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("bash, zsh, fish"),
  });
  expect(await runCli(["completion"])).toMatchObject({ code: 1 });
});
