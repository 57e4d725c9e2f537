import type { MaybePromise } from "./engine.ts";

/** Runs calls one after the other, in the order they came; one that ends at once, with nothing before it, takes no detour. */
export class CallChain {
  #tail: Promise<void> | undefined;

  run<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    if (this.#tail !== undefined) return this.#follow(this.#tail.then(call));
    const result = call();
    return result instanceof Promise ? this.#follow(result) : result;
  }

  #follow<T>(result: Promise<T>): Promise<T> {
    const done = (): void => {
      if (this.#tail === tail) this.#tail = undefined;
    };
    const tail: Promise<void> = result.then(done, done);
    this.#tail = tail;
    return result;
  }
}
