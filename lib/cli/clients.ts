/** What the commands about AI clients have in common. */
import { type ClientDescription, clients } from "../clients/catalogue.ts";
import { locate, type Location } from "../clients/locations.ts";
import type { Inputs } from "../config/paths.ts";
import { ExitCode, UserError } from "../errors.ts";
import { similarNames } from "../similar.ts";

/**
 * The client that somebody means.
 * @param word its id or its title, in any case
 * @returns the client
 * @throws {UserError} exit code 4, naming those that there are
 */
export function clientNamed(word: string): ClientDescription {
  const wanted = word.toLowerCase();
  const client = clients.find(({ id, title }) => id === wanted || title.toLowerCase() === wanted);
  if (client) return client;
  const ids = clients.map(({ id }) => id);
  const [near] = similarNames(word, ids, 1);
  throw new UserError(`there is no client "${word}"`, {
    next: `${near ? `Did you mean ${near}? ` : ""}Clients: ${ids.join(", ")}.`,
    exitCode: ExitCode.configuration,
  });
}

/**
 * Where a client keeps its settings.
 * @param client the client
 * @param inputs environment and platform
 * @returns the file, and whether the client seems to be installed
 * @throws {UserError} if the home directory is unknown
 */
export function locationOf(client: ClientDescription, inputs: Inputs): Location {
  return locate(client, inputs, exists);
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
