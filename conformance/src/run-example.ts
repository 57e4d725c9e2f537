import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const modules = fileURLToPath(new URL("../node_modules", import.meta.url));

/** The TypeScript blocks of a Markdown file, in order. */
export async function examplesOf(markdown: URL): Promise<string[]> {
  const text = await readFile(markdown, "utf8");
  return [...text.matchAll(/```ts\n(?<code>.*?)```/gsu)].map((match) => match.groups?.["code"] ?? "");
}

/** Runs a block as a program of its own, in an empty folder from which the workspace's packages resolve; gives what it prints. */
export async function runExample(code: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-example-"));
  try {
    await symlink(modules, join(folder, "node_modules"));
    await writeFile(join(folder, "main.mts"), code);
    const { stdout } = await promisify(execFile)(process.execPath, ["main.mts"], { cwd: folder });
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
