import { onEveryEngine } from "../src/engine-suite.ts";
import { values } from "../src/suites/values.ts";

onEveryEngine("values", values);
