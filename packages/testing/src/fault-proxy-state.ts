/** What a fault proxy has seen. */
export type Counter = "connections" | "bytesUp" | "bytesDown";

/** What the thread of a fault proxy is given. */
export interface FaultProxyRequest {
  readonly target: { readonly host: string; readonly port: number };
  readonly shared: SharedArrayBuffer;
}

/** What a fault proxy and its thread share: the counters, and how many commands have been obeyed. */
export interface FaultProxyState {
  readonly shared: SharedArrayBuffer;
  add(counter: Counter, by: number): void;
  read(counter: Counter): number;
  /** One more command has been obeyed. */
  confirm(): void;
  /** Waits, on this thread, until the command with this number has been obeyed; answers whether it was. */
  waitFor(command: number, timeoutMs: number): boolean;
}

const slots: Readonly<Record<Counter, number>> = { connections: 1, bytesUp: 2, bytesDown: 3 };
const confirmed = 0;

export function openState(shared = new SharedArrayBuffer(8 * 4)): FaultProxyState {
  const cells = new BigInt64Array(shared);
  return {
    shared,
    add: (counter, by) => void Atomics.add(cells, slots[counter], BigInt(by)),
    read: (counter) => Number(Atomics.load(cells, slots[counter])),
    confirm() {
      Atomics.add(cells, confirmed, 1n);
      Atomics.notify(cells, confirmed);
    },
    waitFor: (command, timeoutMs) => Atomics.wait(cells, confirmed, BigInt(command - 1), timeoutMs) !== "timed-out",
  };
}
