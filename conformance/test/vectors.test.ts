import { onEveryEngine } from "../src/engine-suite.ts";
import { vectors } from "../src/suites/vectors.ts";

onEveryEngine("vectors", vectors);
