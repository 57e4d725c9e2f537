import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";

/** The folder of what runs in the browser, compiled or not. */
const folder = new URL("page/", import.meta.url);
const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const importLine = /^import\s[^;]*?from\s+"\.\/(?<name>[\w-]+)\.[jt]s";$/gmu;

/**
 * The page's modules as one script, each behind those that it imports. Their top-level names must differ, which the browser checks:
 * they share one scope.
 */
export async function readPageScript(): Promise<string> {
  const texts: string[] = [];
  await addModule("main", new Set(), texts);
  return texts.join("\n");
}

async function addModule(name: string, seen: Set<string>, texts: string[]): Promise<void> {
  if (seen.has(name)) return;
  seen.add(name);
  const source = await readFile(new URL(`${name}${extension}`, folder), "utf8");
  const text = extension === ".ts" ? stripTypeScriptTypes(source) : source;
  for (const { groups } of text.matchAll(importLine)) await addModule(groups?.["name"] ?? "", seen, texts);
  texts.push(
    text
      .replaceAll(importLine, "")
      .replaceAll(/^export\s+(?=class|const|function|async)/gmu, "")
      .replaceAll(/^export \{\};$|^\/\/# sourceMappingURL=.*$/gmu, "")
      .trim(),
  );
}
