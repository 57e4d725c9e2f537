import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

// Preloaded, this makes a process take itself for one on another machine.
os.hostname = () => "elsewhere";
syncBuiltinESMExports();
