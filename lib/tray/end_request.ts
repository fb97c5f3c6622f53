/** Asks a core to end over its channel: what stands in for SIGTERM where there is none. */
import { createApiClient } from "../client/api.ts";
import { connectToCore } from "../client/connect.ts";
import type { Inputs } from "../config/paths.ts";
import { settlesWithin } from "../waiting.ts";

/** How long the core may take to answer, in milliseconds. */
const patience = 2_000;

/**
 * Asks a core to end in order.
 * @param inputs flags, environment and platform
 * @param version of the tray
 * @param pid its process id; a core that is another is not asked
 * @returns whether it has said that it will; never rejects
 */
export async function askToEnd(inputs: Inputs, version: string, pid: number): Promise<boolean> {
  try {
    const transport = await connectToCore(inputs, `tray/${version}`);
    const api = createApiClient(transport);
    const asked = api.info().then(async (info) =>
      info.pid === pid && (await api.shutDown()).pid === pid
    );
    try {
      return await settlesWithin(asked, patience) && await asked;
    } finally {
      transport.close();
    }
  } catch {
    return false; // it is just starting, hangs, or is gone
  }
}
