import { onEveryEngine } from "../src/engine-suite.ts";
import { bounds } from "../src/suites/bounds.ts";

onEveryEngine("bounds", bounds);
