import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { buildPackages } from "./build-packages.ts";
import { checkContents } from "./check-contents.ts";
import { checkImports } from "./check-imports.ts";
import { publicPackages, type WorkspacePackage } from "./public-packages.ts";
import { CommandFailure, run } from "./run.ts";

/** A package as a user gets it. */
interface PackedPackage extends WorkspacePackage {
  readonly tarball: string;
  /** Where the tarball was unpacked: the package's place in a `node_modules`. */
  readonly unpacked: string;
}

// Checks what would be published: each public package is built and packed, and its tarball linted and imported.
const temporary = mkdtempSync(path.join(tmpdir(), "litefleet-packages-"));
try {
  buildPackages();
  const packages = packAll();
  const faults = [
    ...packages.flatMap(({ manifest, unpacked }) => checkContents(manifest.name, unpacked)),
    ...(await Promise.all(packages.map(lintPackage))).flat(),
    ...packages.flatMap(checkTypes),
    ...checkImports(path.join(temporary, "node_modules"), packages),
  ];
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
  else console.log(`${packages.length} packages are ready to publish`);
} catch (error) {
  if (!(error instanceof CommandFailure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

function packAll(): readonly PackedPackage[] {
  const [pnpm, ...before] = process.env["npm_execpath"]?.includes("pnpm")
    ? [process.env["npm_execpath"]]
    : ["npx", "-y", "pnpm@12"];
  const names = publicPackages().flatMap(({ manifest }) => ["--filter", manifest.name]);
  run(pnpm, [...before, "--recursive", ...names, "pack", "--pack-destination", temporary]);
  return publicPackages().map((workspacePackage) => {
    const { name, version } = workspacePackage.manifest;
    const tarball = path.join(temporary, `${name.slice(1).replace("/", "-")}-${version}.tgz`);
    const unpacked = path.join(temporary, "node_modules", name);
    mkdirSync(unpacked, { recursive: true });
    run("tar", ["-xzf", tarball, "-C", unpacked, "--strip-components=1"]);
    return { ...workspacePackage, tarball, unpacked };
  });
}

async function lintPackage({ manifest, unpacked }: PackedPackage): Promise<readonly string[]> {
  const { messages, pkg } = await publint({ pkgDir: unpacked, pack: false, strict: true });
  return messages.map((message) => `${manifest.name}: ${formatMessage(message, pkg) ?? message.code}`);
}

/** Resolves the types of every entry as consumers of ES modules do. */
function checkTypes({ manifest, tarball }: PackedPackage): readonly string[] {
  try {
    run("attw", [tarball, "--profile", "esm-only", "--no-color", "--no-emoji"]);
    return [];
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return [`${manifest.name}: ${error.message}`];
  }
}
