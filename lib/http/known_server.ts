/** Looks a server up by the name that a client gave. */
import { similarNames } from "../similar.ts";
import { RequestError } from "./errors.ts";
import type { ConfigService } from "./services.ts";

/**
 * Makes sure that there is a server.
 * @param config the configuration
 * @param name as the client gave it
 * @returns the name
 * @throws {RequestError} status 404, with the names that are nearly the same
 */
export function knownServer(config: ConfigService, name: string): string {
  if (config.maskedServer(name) !== undefined) return name;
  const message = `there is no server named "${name.slice(0, 200)}"`;
  throw new RequestError(
    404,
    message,
    didYouMean(similarNames(name, config.servers().map((server) => server.name))),
  );
}

/**
 * What to do next about a name that does not exist.
 * @param names those that are nearly the same
 * @returns options of an error; none if no name is near
 */
export function didYouMean(names: readonly string[]): { next?: string } {
  return names.length === 0 ? {} : { next: `Did you mean ${names.join(", ")}?` };
}
