// Runs a server for as long as the process that asked for it lives: the end of that process closes our standard input,
// however it ended, and then the server and its temporary folder go.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { holdPorts } from "./held-ports.ts";
import type { HeldPorts } from "./held-ports.ts";
import { openNamespaceGateway } from "./namespace-gateway.ts";
import { lineSplitter } from "./supervisor-message.ts";
import type { SupervisorMessage, SupervisorOptions, SupervisorRequest } from "./supervisor-message.ts";

/** Milliseconds that a server which keeps its data has to finish after the process that started it has died. */
const orphanGraceMs = 3_000;

const options = JSON.parse(process.argv[2] ?? "") as SupervisorOptions;
const folder = makeFolder();
const logFile = openSync(path.join(folder, "server.log"), "a");
const gatewayPorts = new Map<string, Promise<number>>();
let held: HeldPorts | undefined;
let server: ChildProcess | undefined;

function say(message: SupervisorMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function makeFolder(): string {
  try {
    return mkdtempSync(path.join(tmpdir(), `litefleet-${options.name}-`));
  } catch (error) {
    say({ id: 0, error: messageOf(error) });
    process.exit(1);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function answer(request: SupervisorRequest): Promise<Omit<SupervisorMessage, "id">> {
  if (request.do === "start") return { pid: await start(request.command, request.args, request.env) };
  if (request.do === "hold-ports") return { ports: await holdOthers(request.count) };
  if (request.do === "open-gateway") return { port: await openGateway(request.namespace, request.port) };
  if (request.do === "end") await end(request.signal, request.graceMs);
  else await quit(request.graceMs);
  return {};
}

async function holdOthers(count: number): Promise<readonly number[]> {
  const others = await holdPorts(count);
  held?.release();
  held = others;
  return others.ports;
}

function openGateway(namespace: string, port: number): Promise<number> {
  const opening = gatewayPorts.get(namespace) ?? openNamespaceGateway(namespace, port);
  gatewayPorts.set(namespace, opening);
  return opening;
}

async function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(command, args, { stdio: ["ignore", logFile, logFile], cwd: folder, env });
  await once(child, "spawn").catch((error: unknown) => {
    // The file is there, or nobody would have asked for it: what is not is the loader that it names.
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      throw new Error(`${command} cannot be run here: is it built for another C library?`);
    throw error;
  });
  child.on("error", () => undefined);
  child.once("exit", (code, signal) => {
    if (server === child) server = undefined;
    say({ id: 0, ended: signal ?? `exit code ${code}` });
  });
  server = child;
  return child.pid ?? 0;
}

/** Ends the server, if it runs, and waits until it is gone. */
async function end(signal: "SIGTERM" | "SIGKILL", graceMs: number): Promise<void> {
  const child = server;
  if (child === undefined) return;
  const gone = once(child, "exit");
  child.kill(signal);
  const force = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await gone;
  clearTimeout(force);
}

async function quit(graceMs: number): Promise<void> {
  await end(graceMs > 0 ? "SIGTERM" : "SIGKILL", graceMs);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** Leaves nothing behind when the one who started us has gone or nobody can tell. */
function abandon(): void {
  void quit(options.keepsData ? orphanGraceMs : 0).finally(() => process.exit(0));
}

process.stdin.setEncoding("utf8");
process.stdin.on(
  "data",
  lineSplitter((line) => {
    const request = JSON.parse(line) as SupervisorRequest;
    void answer(request)
      .then(
        (result) => say({ id: request.id, ...result }),
        (error: unknown) => say({ id: request.id, error: messageOf(error) }),
      )
      .finally(() => {
        if (request.do === "quit") process.stdout.end(() => process.exit(0));
      });
  }),
);
process.stdin.once("end", abandon);
process.stdin.once("error", abandon);
process.stdout.on("error", () => undefined); // the reader has gone: the end of standard input follows
process.once("uncaughtException", abandon);
process.once("SIGTERM", abandon);
// A terminal's Ctrl-C or end is for the process that started us: it decides what becomes of the server.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
say({ id: 0, folder });
