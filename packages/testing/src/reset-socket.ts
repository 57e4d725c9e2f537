import type { Socket } from "node:net";

/** Ends a connection with a reset; one that has begun to end its side in peace is only closed. */
export function resetSocket(socket: Socket): void {
  // Node 24 loses a handle that is reset while it shuts down: it is never closed, and its thread spins when it should end.
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
}
