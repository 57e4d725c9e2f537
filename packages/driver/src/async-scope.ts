import type { AsyncLocalStorage } from "node:async_hooks";

/** Remembers what a piece of asynchronous code runs inside of. */
export interface AsyncScope<T> {
  /** Runs `work`; until it ends, {@link current} gives `value` inside it, however far down. */
  run<R>(value: T, work: () => R): R;
  readonly current: T | undefined;
}

type Storage<T> = Pick<AsyncLocalStorage<T>, "run" | "getStore">;

/**
 * Makes a scope. Where the runtime has no `AsyncLocalStorage`, {@link AsyncScope.current} is always `undefined`: what rests on it is
 * help for mistakes, never correctness.
 */
export function createAsyncScope<T>(): AsyncScope<T> {
  const storage = createStorage<T>();
  return {
    run: (value, work) => (storage === undefined ? work() : storage.run(value, work)),
    get current() {
      return storage?.getStore();
    },
  };
}

/** Without an import, so that the bundle of an edge function holds none. */
function createStorage<T>(): Storage<T> | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (id: "node:async_hooks") => HooksModule | undefined };
  };
  const hooks = process?.getBuiltinModule?.("node:async_hooks");
  return hooks === undefined ? undefined : new hooks.AsyncLocalStorage<T>();
}

interface HooksModule {
  readonly AsyncLocalStorage: new <T>() => Storage<T>;
}
