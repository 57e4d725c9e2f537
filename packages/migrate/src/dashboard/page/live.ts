import { byId, setText } from "./dom.ts";
import type { Patch, Snapshot } from "./page-data.ts";
import type { Store } from "./store.ts";

/** Follows the run: what the page was written with, or what its server tells. */
export function follow(store: Store): void {
  const written = document.getElementById("data")?.textContent ?? "";
  if (written.trim() !== "") {
    const snapshot = JSON.parse(written) as Snapshot;
    store.setSnapshot(snapshot);
    return;
  }
  const query = new URLSearchParams(location.search);
  const run = query.get("run");
  const events = new EventSource(run === null ? "events" : `events?run=${encodeURIComponent(run)}`);
  const connection = byId("connection");
  events.addEventListener("open", () => setText(connection, ""));
  events.addEventListener("error", () =>
    setText(connection, "Not connected: the dashboard's command has ended. What is shown is the last that was told."),
  );
  events.addEventListener("snapshot", (event: MessageEvent<string>) => {
    const snapshot = JSON.parse(event.data) as Snapshot;
    store.setSnapshot(snapshot);
  });
  events.addEventListener("patch", (event: MessageEvent<string>) => {
    const patch = JSON.parse(event.data) as Patch;
    store.apply(patch);
  });
}
