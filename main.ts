/** `mcpproxy`: hands its arguments to the command line. */
import { readQuickly } from "./lib/cli/quick.ts";
import { ownArguments } from "./lib/own_program.ts";

const quick = readQuickly(ownArguments);
if (quick) {
  const { runQuickly } = await import("./lib/cli/run_quickly.ts");
  Deno.exit(await runQuickly(quick));
}
const { run } = await import("./lib/cli/main.ts");
Deno.exit(await run(ownArguments));
