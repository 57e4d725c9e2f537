import { onEveryEngine } from "../src/engine-suite.ts";
import { batches } from "../src/suites/batches.ts";

onEveryEngine("batches", batches);
