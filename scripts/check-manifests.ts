import { existsSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import path from "node:path";
import { aliasedFolder } from "./aliased-folder.ts";
import { type ExportsEntry, type Manifest, root, workspacePackages, type WorkspacePackage } from "./public-packages.ts";

/** What is the same in every public package. */
const same = {
  license: "MIT",
  type: "module",
  sideEffects: false,
  engines: { node: ">=22.18" },
  files: ["dist", "!dist/**/.tsbuildinfo", "src", "README.md"] as string[],
} as const;

/** Fields that name a host or a person; the project has none to name. */
const hostFields = ["repository", "homepage", "bugs", "author", "contributors", "funding"];

const packages = workspacePackages();
const rootReferences = [...references(root, "tsconfig.json"), ...references(root, "tsconfig.private.json")];
const faults = packages.flatMap((workspacePackage) => {
  const { dir, manifest } = workspacePackage;
  const found = [
    ...inEveryPackage(workspacePackage),
    ...(manifest.private === true ? [] : inPublicPackages(workspacePackage)),
  ];
  return found.map((fault) => `${path.relative(root, dir)}: ${fault}`);
});
faults.push(...inTheWorkspace());
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else console.log(`${packages.length} manifests keep the rules`);

function* inTheWorkspace(): Generator<string> {
  const settings = readFileSync(path.join(root, "pnpm-workspace.yaml"), "utf8");
  const [assumed, installedNode] = [/^nodeVersion: (.*)$/m, /^ {2}node: (.*)$/m].map(
    (line) => line.exec(settings)?.[1],
  );
  if (assumed !== installedNode) yield "pnpm-workspace.yaml: nodeVersion must be the version of node in the catalog";
}

function* inEveryPackage({ dir, manifest }: WorkspacePackage): Generator<string> {
  if (manifest.license !== same.license) yield `license must be ${same.license}`;
  if (!manifest.description) yield "description is missing";
  if (manifest.type !== same.type) yield `type must be ${same.type}`;
  for (const field of hostFields) if (field in manifest) yield `${field} must be left out`;
  for (const [name, range] of Object.entries(installed(manifest))) {
    const expected = name.startsWith("@litefleet/") ? "workspace:^" : "catalog:";
    // Binaries are pinned one by one, for each platform; everything else has one version in the whole workspace.
    if (range !== expected && manifest.optionalDependencies?.[name] !== range) yield `${name} must be "${expected}"`;
  }
  const name = manifest.private === true ? manifest.name : `@litefleet/${path.basename(dir)}`;
  if (manifest.name !== name) yield `name must be ${name}`;
}

function* inPublicPackages({ dir, manifest }: WorkspacePackage): Generator<string> {
  const isAliased = manifest.name === aliasedFolder.package;
  const files = same.files.toSpliced(isAliased ? 2 : 4, 0, ...(isAliased ? [`!${aliasedFolder.from}`] : []));
  for (const [field, value] of Object.entries({ ...same, files })) {
    if (!isDeepStrictEqual(manifest[field as keyof typeof same], value))
      yield `${field} must be ${JSON.stringify(value)}`;
  }
  const version = packages.find((other) => other.manifest.private !== true)?.manifest.version;
  if (manifest.version !== version) yield `version must be ${version}, as in the other packages`;
  if ((manifest.keywords ?? []).length < 3) yield "keywords must be three or more";
  if (!existsSync(path.join(dir, "README.md"))) yield "README.md is missing";
  yield* entryPoints({ dir, manifest });
  yield* projectReferences({ dir, manifest });
}

/** In the repository an entry is its source; what is published is that source's output, under the same name. */
function* entryPoints({ dir, manifest }: WorkspacePackage): Generator<string> {
  const { exports = {}, bin = {}, publishConfig = {} } = manifest;
  if (publishConfig.access !== "public") yield 'publishConfig.access must be "public"';
  if (!exports["."]) yield 'exports must have "."';
  for (const file of [...Object.values(exports), ...Object.values(bin)].flatMap(filesOf)) {
    if (!/^\.\/src\/.*\.ts$/.test(file)) yield `${file} must be a TypeScript file in ./src`;
    else if (!existsSync(path.join(dir, file))) yield `${file} does not exist`;
  }
  const outputs = Object.fromEntries(Object.entries(exports).map(([entry, value]) => [entry, withOutputs(value)]));
  if (!isDeepStrictEqual(publishConfig.exports, outputs))
    yield `publishConfig.exports must be ${JSON.stringify(outputs)}`;
  const commands = Object.fromEntries(Object.entries(bin).map(([command, file]) => [command, output(file, ".js")]));
  if (!isDeepStrictEqual(publishConfig.bin ?? {}, commands))
    yield `publishConfig.bin must be ${JSON.stringify(commands)}`;
}

/**
 * `tsc -b` builds what a package imports before the package: its references are its dependencies in the workspace, beside parts of
 * its own source that are compiled for another surrounding.
 */
function* projectReferences({ dir, manifest }: WorkspacePackage): Generator<string> {
  const expected = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    .filter((name) => name.startsWith("@litefleet/"))
    .map((name) => path.join(root, "packages", name.slice("@litefleet/".length)));
  const others = references(dir, "tsconfig.json").filter((reference) => !reference.startsWith(path.join(dir, "src/")));
  if (!isDeepStrictEqual(others.toSorted(), expected.toSorted())) {
    yield "tsconfig.json must reference the packages of the workspace that it depends on, and no others";
  }
  if (rootReferences.filter((reference) => reference === dir).length !== 2) {
    yield "the root's tsconfig.json and tsconfig.private.json must reference it";
  }
}

function references(dir: string, file: string): readonly string[] {
  const config = JSON.parse(readFileSync(path.join(dir, file), "utf8")) as { references?: readonly { path: string }[] };
  return (config.references ?? []).map((reference) => path.join(dir, reference.path));
}

function installed(manifest: Manifest): Readonly<Record<string, string>> {
  return { ...manifest.optionalDependencies, ...manifest.devDependencies, ...manifest.dependencies };
}

function filesOf(entry: ExportsEntry): readonly string[] {
  return typeof entry === "string" ? [entry] : Object.values(entry).flatMap(filesOf);
}

function withOutputs(entry: ExportsEntry): ExportsEntry {
  if (typeof entry === "string") return { types: output(entry, ".d.ts"), default: output(entry, ".js") };
  return Object.fromEntries(Object.entries(entry).map(([condition, value]) => [condition, withOutputs(value)]));
}

function output(source: string, extension: string): string {
  const { from, to } = aliasedFolder;
  return source.replace("./src/", "./dist/").replace(`./${from}/`, `./${to}/`).replace(/\.ts$/, extension);
}
