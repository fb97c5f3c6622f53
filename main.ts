/** `mcpproxy`: hands its arguments to the command line. */
import { run } from "./lib/cli/main.ts";

Deno.exit(await run(Deno.args));
