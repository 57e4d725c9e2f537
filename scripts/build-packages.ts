import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { aliasedFolder as aliased } from "./aliased-folder.ts";
import { publicPackages } from "./public-packages.ts";
import { CommandFailure, run } from "./run.ts";

/**
 * Compiles every public package into its `dist`, which afterwards holds what `src` yields and nothing else, with
 * declarations that import `.js` files: the compiler rewrites `.ts` endings in JavaScript only.
 */
export function buildPackages(): void {
  const dirs = publicPackages().map(({ dir }) => dir);
  run("tsc", ["-b", ...dirs]);
  for (const dir of dirs) {
    rmSync(path.join(dir, aliased.to), { recursive: true, force: true });
    for (const file of globSync("dist/**/*.{js,d.ts,js.map,d.ts.map}", { cwd: dir })) {
      if (isStale(dir, file)) rmSync(path.join(dir, file));
      else if (file.endsWith(".d.ts")) rewriteDeclaration(path.join(dir, file));
    }
    if (existsSync(path.join(dir, aliased.from))) undoAlias(dir);
  }
}

function undoAlias(dir: string): void {
  const copy = path.join(dir, aliased.to);
  cpSync(path.join(dir, aliased.from), copy, { recursive: true });
  const pattern = new RegExp(`\\b(from|import\\() ?"${aliased.alias}(?=["/])`, "g");
  for (const file of globSync("**/*.{js,d.ts}", { cwd: copy })) {
    const at = path.join(copy, file);
    writeFileSync(
      at,
      readFileSync(at, "utf8").replaceAll(
        pattern,
        (_, keyword: string) => `${keyword === "from" ? "from " : keyword}"${aliased.name}`,
      ),
    );
  }
}

function isStale(dir: string, file: string): boolean {
  const source = path.relative("dist", file).replace(/(\.d)?\.[jt]s(\.map)?$/, ".ts");
  return globSync(source, { cwd: path.join(dir, "src") }).length === 0;
}

function rewriteDeclaration(file: string): void {
  const text = readFileSync(file, "utf8");
  const rewritten = withJavaScriptEndings(text);
  if (rewritten !== text) writeFileSync(file, rewritten); // untouched otherwise: its age tells `tsc -b` what to build
}

/** Comments and strings are matched to be stepped over, so that an example in a comment stays as it was written. */
const importsOrText =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|(?<before>\b(?:from|import)\s*\(?\s*)"(?<module>\.{1,2}\/[^"\n]*)\.ts"|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;

/**
 * Turns the `.ts` endings of a declaration file's relative imports into `.js`; all positions stay, and with them its
 * source map.
 */
function withJavaScriptEndings(declarations: string): string {
  return declarations.replaceAll(importsOrText, (match: string, before?: string, module?: string) =>
    before === undefined || module === undefined ? match : `${before}"${module}.js"`,
  );
}

if (import.meta.main) {
  try {
    buildPackages();
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
