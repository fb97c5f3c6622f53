/** `mcpproxy-tray`: hands its arguments to the tray's command line. */
import { ownArguments } from "./lib/own_program.ts";
import { run } from "./lib/tray/main.ts";

Deno.exit(await run(ownArguments));
