import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const example = fileURLToPath(new URL("..", import.meta.url));
const cli = fileURLToPath(new URL("../node_modules/@litefleet/migrate/src/bin.ts", import.meta.url));

it("does what the README says, command by command", { timeout: 120_000 }, async () => {
  const shell = /^```sh\n(?<lines>.*?)^```/msu.exec(await readFile(join(example, "README.md"), "utf8"))?.groups?.[
    "lines"
  ];
  const folder = await mkdtemp(join(tmpdir(), "litefleet-bookshop-"));
  try {
    const left = new Set(["node_modules", "bookshop.db", "test"]);
    await cp(example, folder, { recursive: true, filter: (file) => !left.has(basename(file)) });
    await symlink(join(example, "node_modules"), join(folder, "node_modules"));
    const said: string[] = [];
    for (const line of shell?.trimEnd().split("\n") ?? []) {
      const [command = "", ...args] = line.replace(/ +#.*$/u, "").split(/ +/u);
      if (command === "cp") await cp(join(folder, args[0] ?? ""), join(folder, args[1] ?? ""));
      else {
        const rest = command === "npx" ? [cli, ...args.slice(1)] : args;
        said.push((await promisify(execFile)(process.execPath, rest, { cwd: folder })).stdout);
      }
    }
    const books = "Bread by Ilse\nTides by Hedda\nWind by Hedda\nabout baking: Bread\n";
    expect(said[0]).toContain("_init");
    expect(said[1]).toBe(books);
    expect(said[2]).toContain("_shelves");
    expect(said[3]).toBe(books);
    expect(said[4]).toBe("No difference detected.\n");
    expect(said[5]).toMatch(/_books_about +applied/u);
    expect(said[6]).toContain("north, south");
    expect(said).toHaveLength(7);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
