import type { RunListener } from "../../run/run-event.ts";

/** Tells what happens in a run while it happens. */
export interface RunReporter {
  readonly onEvent: RunListener;
  /** Takes what it has drawn off the screen. May be called before any event. */
  readonly end: () => void;
}

/** Reporters as one. */
export function allReporters(reporters: readonly RunReporter[]): RunReporter {
  return {
    onEvent: (event) => {
      for (const reporter of reporters) reporter.onEvent(event);
    },
    end: () => {
      for (const reporter of reporters) reporter.end();
    },
  };
}
