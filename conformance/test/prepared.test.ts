import { onEveryEngine } from "../src/engine-suite.ts";
import { prepared } from "../src/suites/prepared.ts";

onEveryEngine("prepared", prepared);
