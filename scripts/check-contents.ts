import { globSync, readFileSync } from "node:fs";
import path from "node:path";

/** Files that every package has, by pattern. */
const needed = ["package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts", "src/index.ts"];

/** What has no business in a package: tests, build information, databases. */
const unwanted = "**/{test/**,*.test.*,*.tsbuildinfo,*.tgz,*.db,*.db-*}";

/** Names what is missing in an unpacked package, what is too much, and what points to nothing. */
export function checkContents(name: string, unpacked: string): readonly string[] {
  const files = new Set(globSync("**/*", { cwd: unpacked }).map((file) => file.split(path.sep).join("/")));
  return [
    ...needed.filter((file) => !files.has(file)).map((file) => `${file} is missing`),
    ...globSync([unwanted, "**/.*"], { cwd: unpacked }).map((file) => `${file} is published`),
    ...[...files].filter((file) => file.endsWith(".map")).flatMap((file) => lostSources(unpacked, file, files)),
    ...[...files]
      .filter((file) => /^dist\/.*\.[jt]s$/.test(file))
      .flatMap((file) => lostImports(unpacked, file, files)),
  ].map((fault) => `${name}: ${fault}`);
}

function lostSources(unpacked: string, map: string, files: ReadonlySet<string>): readonly string[] {
  const { sources } = JSON.parse(readFileSync(path.join(unpacked, map), "utf8")) as {
    readonly sources: readonly string[];
  };
  return sources
    .filter((source) => !files.has(path.posix.join(path.posix.dirname(map), source)))
    .map((source) => `${map} points to ${source}, which is not published`);
}

function lostImports(unpacked: string, file: string, files: ReadonlySet<string>): readonly string[] {
  const code = readFileSync(path.join(unpacked, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g)]
    .map(([, module = ""]) => module)
    .filter((module) => !files.has(path.posix.join(path.posix.dirname(file), module)))
    .map((module) => `${file} imports ${module}, which is not published`);
}
