/** How a command asks the running core: over the one transport that is right, with a word about what it waits for. */
import { type ApiClient, createApiClient } from "../client/api.ts";
import { connectToCore, type CoreTransport } from "../client/connect.ts";
import type { Inputs } from "../config/paths.ts";
import { UserError } from "../errors.ts";
import { version } from "../version.ts";
import { settlesWithin } from "../waiting.ts";
import { waitFor } from "./waiting.ts";

/** How long the core may take to answer, in milliseconds; one that is well needs a few. */
const usualPatienceMs = 20_000;

/** What an asking command calls itself, in the core's list of who is connected. */
export const clientName: string = `cli/${version}`;

/**
 * Asks the running core.
 * @param inputs flags, environment and platform
 * @param question puts the question
 * @param patienceMs how long it may take, in milliseconds
 * @returns the answer
 * @throws {UserError} if no core runs, it cannot be reached, it refuses, or it does not answer in time
 */
export async function askCore<Answer>(
  inputs: Inputs,
  question: (client: ApiClient, transport: CoreTransport) => Promise<Answer>,
  patienceMs = usualPatienceMs,
): Promise<Answer> {
  return await connected(
    inputs,
    (client, transport) => inTime(question(client, transport), transport, patienceMs),
  );
}

/**
 * Works with the running core for as long as it takes, once it has answered at all, and says nothing meanwhile.
 * @param inputs flags, environment and platform
 * @param work what is done with it
 * @param patienceMs how long its first answer may take, in milliseconds
 * @returns what the work resolves with
 * @throws {UserError} if no core runs, it cannot be reached, it refuses, or it does not answer in time
 */
export async function withCore<Result>(
  inputs: Inputs,
  work: (client: ApiClient) => Promise<Result>,
  patienceMs = usualPatienceMs,
): Promise<Result> {
  return await connected(inputs, async (client, transport) => {
    await inTime(client.info(), transport, patienceMs);
    return await work(client);
  });
}

async function inTime<Answer>(
  answer: Promise<Answer>,
  { address }: CoreTransport,
  patienceMs: number,
): Promise<Answer> {
  if (await waitFor("the core", settlesWithin(answer, patienceMs))) return await answer;
  throw new UserError(
    `The core at ${address} takes connections, but has not answered within ${patienceMs / 1_000} s`,
    { next: "See what is wrong with it: mcpproxy doctor" },
  );
}

async function connected<Result>(
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
