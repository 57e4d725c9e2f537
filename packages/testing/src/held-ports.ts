import { createServer } from "node:net";
import type { Server } from "node:net";

// Below the ports that kernels give away by themselves (from 32768 on Linux, from 49152 on macOS): neither an outgoing
// connection nor a `listen(0)` elsewhere can take one of ours while its server is down between two starts.
const firstPort = 10_240;
const lastPort = 32_767;
const attempts = 200;

/** Loopback ports that no other process which chooses ports this way will take while they are held. */
export interface HeldPorts {
  readonly ports: readonly number[];
  release(): void;
}

/**
 * Holds `count` loopback ports that are free now. The port before them is bound as a lock, so that of all processes
 * only one gets the block; the kernel frees the lock with the process, however that ends. A server which has to be
 * told its port needs this: sqld, given port 0, does not say which one it got.
 */
export async function holdPorts(count: number): Promise<HeldPorts> {
  const blockSize = count + 1;
  const blocks = Math.floor((lastPort + 1 - firstPort) / blockSize);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const lockPort = firstPort + Math.floor(Math.random() * blocks) * blockSize;
    const lock = await listen(lockPort);
    if (lock === undefined) continue;
    const ports = Array.from({ length: count }, (_, index) => lockPort + 1 + index);
    if (await areFree(ports)) return { ports, release: () => void lock.close() };
    lock.close();
  }
  throw new Error(`found no ${count} free loopback ports in a row between ${firstPort} and ${lastPort}`);
}

async function areFree(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) {
    const server = await listen(port);
    if (server === undefined) return false;
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
  return true;
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(server));
  });
}
