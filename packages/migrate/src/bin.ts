#!/usr/bin/env node
import { main } from "./cli/main.ts";
import { createProcessIo } from "./cli/io.ts";

process.exitCode = await main(process.argv.slice(2), createProcessIo(process));
