/**
 * Adds the frames of the code that waits for a query to the stack of its error: a query that took its turn among others, or
 * travelled to a server, fails where none of those frames are left. Call it where the error is caught.
 */
export function addCallerStack(error: unknown): unknown {
  if (!(error instanceof Error) || error.stack === undefined) return error;
  const { stack } = error;
  const frames = (new Error().stack ?? "").split("\n").slice(2);
  const outermost = frames.at(-1);
  if (outermost === undefined || stack.includes(outermost)) return error;
  error.stack = [stack, ...frames.filter((frame) => !stack.includes(frame))].join("\n");
  return error;
}
