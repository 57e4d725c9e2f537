import { realpath, stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { glob, isDynamicPattern } from "tinyglobby";
import { MigrateError } from "../errors.ts";
import { redact, redactUrl } from "../redact.ts";
import { pathOfFileUrl } from "./file-url.ts";
import type { ResolvedTenant } from "./tenant.ts";

/** What is needed to make tenants of targets. */
export interface TargetOptions {
  /** The folder that relative paths start from. Default: the working directory. */
  readonly cwd?: string;
  /** For targets that are on a server. */
  readonly authToken?: string;
}

/** What a target does not say. */
const untagged = { tags: {}, namespace: undefined, adminUrl: undefined, cloud: undefined };

interface FoundFile {
  readonly path: string;
  /** The folder that the glob cannot leave; the name is told from there. */
  readonly root: string;
}

/** Files that SQLite and libSQL keep beside a database. */
const sideFile = /-(?:wal|shm|journal|client_wal_index)$|-(?:info|log|changes)$/u;

/**
 * Makes tenants of targets, in order and each database once. A target is
 *
 * - a glob (`data/*.db`): files that exist. It does not leave the folder it starts in: symbolic links are not followed.
 * - a path or `file:` URL: that file, which need not exist yet (its folder must).
 * - a URL of a server (`http:`, `https:`, `ws:`, `wss:`, `libsql:`).
 *
 * A file's name is its path from the glob's folder, without extension; a server's is host and path.
 *
 * @throws {MigrateError} `TARGET_INVALID` naming the target, `NO_TARGETS` if none matched anything.
 */
export async function resolveTargets(
  targets: readonly string[],
  options: TargetOptions = {},
): Promise<ResolvedTenant[]> {
  const cwd = path.resolve(options.cwd ?? ".");
  const files: FoundFile[] = [];
  const servers: ResolvedTenant[] = [];
  for (const target of targets) {
    const scheme = /^([a-z][a-z\d+.-]+):/iu.exec(target)?.[1]?.toLowerCase();
    if (scheme !== undefined && scheme !== "file") servers.push(resolveServer(target, options.authToken));
    else files.push(...(await resolveFiles(target, cwd)));
  }
  const tenants = [...nameFiles(await uniqueFiles(files), cwd), ...servers];
  if (tenants.length === 0) {
    throw new MigrateError(
      `No file matches ${targets.map((target) => redactUrl(target)).join(", ")} in ${cwd}. Quote the glob, so that the shell ` +
        `leaves it alone. To create a new tenant, give its path without glob characters.`,
      "NO_TARGETS",
    );
  }
  return tenants;
}

function resolveServer(target: string, authToken: string | undefined): ResolvedTenant {
  const scheme = target.slice(0, target.indexOf(":")).toLowerCase();
  const url = URL.parse(target);
  if (!["http", "https", "ws", "wss", "libsql"].includes(scheme) || url === null || url.host === "") {
    throw new MigrateError(
      `The target ${redactUrl(redact(target))} is not a URL that is known. Give http:, https:, ws:, wss:, libsql: or file:, ` +
        `or a path.`,
      "TARGET_INVALID",
    );
  }
  const name = url.host + (url.pathname === "/" ? "" : url.pathname);
  return { ...untagged, name, target: redactUrl(target), path: undefined, config: { url: target, authToken } };
}

async function resolveFiles(target: string, cwd: string): Promise<FoundFile[]> {
  if (target === "") throw new MigrateError("A target is empty. Give a glob, a path or a URL.", "TARGET_INVALID");
  if (/^(?:file:)?:memory:/iu.test(target)) {
    throw new MigrateError(
      `The target ${target} is in memory and would be gone with its client. Use migrate(client) instead.`,
      "TARGET_INVALID",
    );
  }
  if (/^file:/iu.test(target)) {
    const file = pathOfFileUrl(target, cwd);
    if (file !== undefined) return [await literalFile(file, redactUrl(target))];
    throw new MigrateError(`The target ${redactUrl(target)} does not name a file of this machine.`, "TARGET_INVALID");
  }
  const file = path.resolve(cwd, target);
  if (!isDynamicPattern(target) || (await exists(file))) return [await literalFile(file, target)];
  return globFiles(target, cwd);
}

async function literalFile(file: string, target: string): Promise<FoundFile> {
  const folder = path.dirname(file);
  if (!(await exists(folder))) {
    throw new MigrateError(`The target ${target} cannot be created: there is no folder ${folder}.`, "TARGET_INVALID");
  }
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory()) {
    throw new MigrateError(
      `The target ${target} is a folder. Give a glob for the files in it, such as '${path.join(target, "*.db")}'.`,
      "TARGET_INVALID",
    );
  }
  return { path: file, root: folder };
}

async function globFiles(target: string, cwd: string): Promise<FoundFile[]> {
  // A backslash escapes a glob character, save on Windows, where it separates folders.
  const segments = (path.sep === "\\" ? target.replaceAll("\\", "/") : target).split("/");
  const firstDynamic = segments.findIndex((segment) => isDynamicPattern(segment));
  const split = firstDynamic < 0 ? 0 : firstDynamic;
  const pattern = segments.slice(split).join("/");
  if (pattern.split(/[/{},]/u).includes("..")) {
    throw new MigrateError(
      `The target ${target} would leave the folder it starts in. Put ".." before the first glob character only.`,
      "TARGET_INVALID",
    );
  }
  const root = path.resolve(cwd, segments.slice(0, split).join("/") || (target.startsWith("/") ? "/" : "."));
  const matches = await glob(pattern, {
    cwd: root,
    absolute: true,
    onlyFiles: true,
    followSymbolicLinks: false,
    expandDirectories: false,
  });
  const all = new Set(matches.map((match) => path.normalize(match)));
  return [...all]
    .filter((file) => !sideFile.test(file))
    .sort()
    .map((file) => ({ path: file, root }));
}

/** Each file once, under whatever paths it was found; what a link leads out of its root is left out. */
async function uniqueFiles(files: readonly FoundFile[]): Promise<FoundFile[]> {
  const seen = new Map<string, FoundFile>();
  for (const file of files) {
    const real = await realpath(file.path).catch(() => file.path);
    if (!seen.has(real)) seen.set(real, file);
  }
  return [...seen.values()];
}

function nameFiles(files: readonly FoundFile[], cwd: string): ResolvedTenant[] {
  const short = files.map((file) => withoutExtension(path.relative(file.root, file.path)));
  const uses = new Map<string, number>();
  for (const name of short) uses.set(name, (uses.get(name) ?? 0) + 1);
  return files.map((file, i) => {
    const shown = path.relative(cwd, file.path);
    const target = shown.startsWith("..") ? file.path : shown;
    const name = uses.get(short[i]!) === 1 ? short[i]! : target;
    return { ...untagged, name, target, path: file.path, config: { url: pathToFileURL(file.path).href } };
  });
}

function withoutExtension(file: string): string {
  const { dir, name } = path.parse(file);
  return path.join(dir, name);
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
