/** `mcpproxy`: hands its arguments to the command line. */
import { readQuickly } from "./lib/cli/quick.ts";

const quick = readQuickly(Deno.args);
if (quick) {
  const { runQuickly } = await import("./lib/cli/run_quickly.ts");
  Deno.exit(await runQuickly(quick));
}
const { run } = await import("./lib/cli/main.ts");
Deno.exit(await run(Deno.args));
