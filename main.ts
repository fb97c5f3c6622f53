/** `mcpproxy`: hands its arguments to the command line. */
import { readStatus } from "./lib/cli/quick.ts";

const quick = readStatus(Deno.args);
if (quick) {
  const { statusAtOnce } = await import("./lib/cli/status.ts");
  Deno.exit(await statusAtOnce(quick));
}
const { run } = await import("./lib/cli/main.ts");
Deno.exit(await run(Deno.args));
