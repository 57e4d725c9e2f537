import { mkdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { aliasedFolder } from "./aliased-folder.ts";
import { publicPackages, type WorkspacePackage } from "./public-packages.ts";
import { CommandFailure, run } from "./run.ts";

/**
 * Imports every entry of the packages that were unpacked into `nodeModules`, and starts their commands, with no other
 * dependency in reach than those that they declare for their users, and without the optional peers.
 */
export function checkImports(nodeModules: string, packages: readonly WorkspacePackage[]): readonly string[] {
  const own = new Set(publicPackages().map(({ manifest }) => manifest.name));
  for (const { dir, manifest } of packages) {
    const { dependencies, peerDependencies, peerDependenciesMeta, optionalDependencies } = manifest;
    for (const name of Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies })) {
      const isLeftOut = own.has(name) || peerDependenciesMeta?.[name]?.optional === true;
      if (!isLeftOut)
        link(path.join(dir, "node_modules", name), path.join(nodeModules, manifest.name, "node_modules", name));
    }
  }
  return packages.flatMap(({ dir, manifest }) => [
    ...Object.keys(manifest.exports ?? {}).flatMap((entry) => {
      const specifier = path.posix.join(manifest.name, entry);
      if (manifest.name === aliasedFolder.package && entry === aliasedFolder.entry) linkAliased(dir, nodeModules);
      return entry.endsWith(".json")
        ? []
        : attempt(nodeModules, ["--input-type=module", "--eval", `await import(${JSON.stringify(specifier)})`]);
    }),
    ...Object.values(manifest.publishConfig?.bin ?? {}).flatMap((file) =>
      attempt(nodeModules, [path.join(nodeModules, manifest.name, file), "--help"]),
    ),
  ]);
}

/** Puts the version that the aliased folder is written for in the place of the other. Entries behind that one would find it, too. */
function linkAliased(dir: string, nodeModules: string): void {
  const to = path.join(nodeModules, aliasedFolder.package, "node_modules", aliasedFolder.name);
  rmSync(to, { force: true });
  link(path.join(dir, "node_modules", aliasedFolder.alias), to);
}

function link(from: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true });
  try {
    symlinkSync(realpathSync(from), to, "junction");
  } catch (error) {
    // An optional dependency for another platform is not installed here.
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

function attempt(nodeModules: string, args: readonly string[]): readonly string[] {
  try {
    run("node", args, { cwd: path.dirname(nodeModules) });
    return [];
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return [error.message];
  }
}
