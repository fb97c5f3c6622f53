/** Runs a command whose command line was read by `readQuickly`. */
import type { ExitCode } from "../errors.ts";
import { explain } from "../explain.ts";
import { adviceOnFault } from "./advice.ts";
import { contextOf } from "./context.ts";
import type { QuickCommand } from "./quick.ts";

/**
 * Runs it.
 * @param quick the command and its options
 * @returns the exit code; errors are explained on standard error
 */
export async function runQuickly({ command, options }: QuickCommand): Promise<ExitCode> {
  try {
    const context = contextOf(options, { listen: options.listen });
    if (command === "status") {
      const { status } = await import("./status.ts");
      return await status(context);
    }
    const { serve } = await import("./serve.ts");
    return await serve(context.inputs);
  } catch (error) {
    return explain(error, "mcpproxy", adviceOnFault);
  }
}
