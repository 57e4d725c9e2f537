import { onEveryEngine } from "../src/engine-suite.ts";
import { vectorSearches } from "../src/suites/vector-search.ts";

onEveryEngine("vector search", vectorSearches);
