import { globSync, readFileSync } from "node:fs";
import path from "node:path";

/** An entry of `exports`: a file, or files by condition. */
export type ExportsEntry = string | { readonly [condition: string]: ExportsEntry };

/** What our scripts read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly license?: string;
  readonly type?: string;
  readonly sideEffects?: boolean;
  readonly files?: readonly string[];
  readonly engines?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, ExportsEntry>>;
  readonly publishConfig?: {
    readonly access?: string;
    readonly bin?: Readonly<Record<string, string>>;
    readonly exports?: Readonly<Record<string, ExportsEntry>>;
  };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A package of the workspace. */
export interface WorkspacePackage {
  /** The folder, absolute. */
  readonly dir: string;
  readonly manifest: Manifest;
}

/** The folder of the repository. */
export const root: string = path.dirname(import.meta.dirname);

/** The packages of the workspace, those that are published and those that are not, in the order of their folders. */
export function workspacePackages(): readonly WorkspacePackage[] {
  return globSync(
    ["packages/*", "conformance", "examples/*", "benchmarks"].map((folder) => `${folder}/package.json`),
    {
      cwd: root,
    },
  )
    .toSorted()
    .map((file) => ({
      dir: path.join(root, path.dirname(file)),
      manifest: JSON.parse(readFileSync(path.join(root, file), "utf8")) as Manifest,
    }));
}

/** The packages that are published. */
export function publicPackages(): readonly WorkspacePackage[] {
  return workspacePackages().filter(({ manifest }) => manifest.private !== true);
}
