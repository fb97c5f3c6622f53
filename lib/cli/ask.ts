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
  return await withCore(
    inputs,
    (client, transport) => waitFor(waitingFor, question(client, transport)),
  );
}

/**
 * Works with the running core for as long as it takes, and says nothing meanwhile.
 * @param inputs flags, environment and platform
 * @param work what is done with it
 * @returns what the work resolves with
 * @throws {UserError} if no core runs, it cannot be reached, or it refuses
 */
export async function withCore<Result>(
  inputs: Inputs,
  work: (client: ApiClient, transport: CoreTransport) => Promise<Result>,
): Promise<Result> {
  const transport = await connectToCore(inputs, clientName);
  try {
    return await work(createApiClient(transport), transport);
  } finally {
    transport.close();
  }
}
