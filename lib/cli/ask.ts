/** How a command asks the running core: over the one transport that is right, with a word about what it waits for. */
import { type ApiClient, createApiClient } from "../client/api.ts";
import { connectToCore, type CoreTransport } from "../client/connect.ts";
import type { Inputs } from "../config/paths.ts";
import { version } from "../version.ts";
import { waitFor } from "./waiting.ts";

/** What an asking command calls itself, in the core's list of who is connected. */
export const clientName: string = `cli/${version}`;

/**
 * Asks the running core.
 * @param inputs flags, environment and platform
 * @param question puts the question
 * @param waitingFor what the person is told if the answer takes long; see {@linkcode waitFor}
 * @returns the answer
 * @throws {UserError} if no core runs, it cannot be reached, or it refuses
 */
export async function askCore<Answer>(
  inputs: Inputs,
  question: (client: ApiClient, transport: CoreTransport) => Promise<Answer>,
  waitingFor = "the core",
): Promise<Answer> {
  const transport = await connectToCore(inputs, clientName);
  try {
    return await waitFor(waitingFor, question(createApiClient(transport), transport));
  } finally {
    transport.close();
  }
}
