/** `mcpproxy-tray`: hands its arguments to the tray's command line. */
import { run } from "./lib/tray/main.ts";

Deno.exit(await run(Deno.args));
