import type { Output } from "../../cli/io.ts";
import type { RunReporter } from "./run-reporter.ts";

/**
 * A line of JSON for the run, for each wave and for each tenant as it ends: `{ "type": "tenant-end", "tenant": { … } }`. What
 * only begins is told of runs and waves alone.
 */
export function ndjsonReporter(output: Output): RunReporter {
  return {
    onEvent: (event) => {
      if (event.type === "tenant-start" || event.type === "tenant-retry") return;
      output.write(`${JSON.stringify(event)}\n`);
    },
    end: () => {},
  };
}
