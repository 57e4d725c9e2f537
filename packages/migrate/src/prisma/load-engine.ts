import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { PrismaLitefleet } from "@litefleet/prisma-adapter";
import type { SchemaEngine } from "@prisma/schema-engine-wasm";
import { MigrateError } from "../errors.ts";
import type { InstalledPrisma } from "./installed.ts";

type Adapter = typeof PrismaLitefleet;

/** As much of it as is used; the types of Node do not have it. */
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: Readonly<Record<string, object>>,
  ): Promise<{ readonly instance: { readonly exports: WasmExports } }>;
};

interface WasmExports {
  readonly __wbindgen_start: () => void;
}

/** What the project's packages export, as far as it is used here. */
export interface PrismaModules {
  readonly SchemaEngine: typeof SchemaEngine;
  readonly PrismaLitefleet: Adapter;
  /** Turns a factory's errors into values, which is how the engine wants them. */
  readonly bindFactory: (factory: object) => object;
  /** Ends what engines that are done with still wait for. */
  readonly clearTimers: () => void;
}

/** Where wasm-bindgen takes the instance. */
const setWasm = "__wbg_set_wasm";

/** The JavaScript beside the engine's WebAssembly. */
interface EngineGlue {
  readonly SchemaEngine: typeof SchemaEngine;
  readonly [setWasm]: (exports: WasmExports) => void;
}

const loaded = new Map<string, Promise<PrismaModules>>();

/** Loads the packages, once a process. @throws {MigrateError} `PRISMA_MISMATCH` if they are not what they should be. */
export function loadPrisma(installed: InstalledPrisma): Promise<PrismaModules> {
  const key = JSON.stringify(installed);
  const known = loaded.get(key) ?? load(installed);
  loaded.set(key, known);
  return known;
}

async function load({ engine, adapter }: InstalledPrisma): Promise<PrismaModules> {
  const utils = createRequire(adapter).resolve("@prisma/driver-adapter-utils");
  const [{ glue, clearTimers }, ours, binding] = await Promise.all([
    loadGlue(engine),
    importFile(adapter),
    importFile(utils),
  ]);
  if (!isAdapter(ours)) throw unexpected(adapter);
  if (!isBinding(binding)) throw unexpected(utils);
  return {
    SchemaEngine: glue.SchemaEngine,
    PrismaLitefleet: ours.PrismaLitefleet,
    bindFactory: binding.bindMigrationAwareSqlAdapterFactory,
    clearTimers,
  };
}

/**
 * The package imports its WebAssembly as a module, which Node does only in newer releases and with a warning; so it is put
 * together here.
 */
async function loadGlue(folder: string): Promise<{ readonly glue: EngineGlue; readonly clearTimers: () => void }> {
  const [glue, bytes] = await Promise.all([
    importFile(path.join(folder, "schema_engine_bg.js")),
    readFile(path.join(folder, "schema_engine_bg.wasm")),
  ]);
  if (!isGlue(glue)) throw unexpected(folder);
  // The engine sets a timer of a minute round its work and leaves it, which would keep the process for as long.
  const timers = new Set<NodeJS.Timeout>();
  const imports: Record<string, unknown> = { ...glue };
  for (const [name, set] of Object.entries(imports)) {
    if (name.startsWith("__wbg_setTimeout") && isTimerFunction(set)) {
      imports[name] = (work: () => void, ms: number) => {
        const timer = set(work, ms);
        timers.add(timer);
        return timer;
      };
    }
  }
  const { instance } = await WebAssembly.instantiate(bytes, { "./schema_engine_bg.js": imports });
  glue[setWasm](instance.exports);
  instance.exports["__wbindgen_start"]();
  const clearTimers = (): void => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  };
  return { glue, clearTimers };
}

function isTimerFunction(value: unknown): value is (work: () => void, ms: number) => NodeJS.Timeout {
  return typeof value === "function";
}

async function importFile(file: string): Promise<unknown> {
  return import(pathToFileURL(file).href);
}

function hasFunction(module: unknown, name: string): boolean {
  return typeof module === "object" && module !== null && typeof Reflect.get(module, name) === "function";
}

function isGlue(module: unknown): module is EngineGlue {
  return hasFunction(module, "SchemaEngine") && hasFunction(module, setWasm);
}

function isAdapter(module: unknown): module is { readonly PrismaLitefleet: Adapter } {
  return hasFunction(module, "PrismaLitefleet");
}

function isBinding(module: unknown): module is {
  readonly bindMigrationAwareSqlAdapterFactory: PrismaModules["bindFactory"];
} {
  return hasFunction(module, "bindMigrationAwareSqlAdapterFactory");
}

function unexpected(file: string): MigrateError {
  return new MigrateError(`${file} does not export what it should. Install the package anew.`, "PRISMA_MISMATCH");
}
