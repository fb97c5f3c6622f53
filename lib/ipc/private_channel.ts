/** The private channel of the system this process runs on. The one place where it is picked. */
import { UserError } from "../errors.ts";
import { operatingSystem } from "../platform.ts";
import { shellWord } from "../shell_word.ts";
import type { Channel } from "./channel.ts";
import { openUnixChannel } from "./channel_unix.ts";
import { type Endpoint, EndpointError, shortSocketFolder } from "./endpoint.ts";
import type { PrivateListener, RequestHandler } from "./listener.ts";
import { listenUnix } from "./listener_unix.ts";
import { windowsFolders } from "./folders_windows.ts";
import { checkPrivateFolder, preparePrivateFolder } from "./private_path_unix.ts";
import * as windows from "./private_path_windows.ts";
import { claimSocketPath } from "./socket_lock.ts";
import type { SystemSockets } from "./sockets.ts";
import { darwinSockets } from "./sockets_darwin.ts";
import { linuxSockets } from "./sockets_linux.ts";
import { dirname } from "../path.ts";

/**
 * What the system tells about our sockets.
 * @returns its answers, or null on Windows, where the private channel is no socket
 */
export function systemSockets(): SystemSockets | null {
  switch (operatingSystem) {
    case "linux":
      return linuxSockets();
    case "darwin":
      return darwinSockets();
    case "windows":
      return null;
  }
}

/**
 * Listens on the private channel.
 * @param endpoint where
 * @param dataDirectory the real path of the data directory whose lock the caller holds
 * @param handler the app
 * @param sockets the system's answers
 * @returns the listener, already accepting
 * @throws {EndpointError} if the endpoint's folder is missing, or another core listens there
 * @throws {UserError} if it cannot be opened safely
 */
export async function listenPrivately(
  endpoint: Endpoint,
  dataDirectory: string,
  handler: RequestHandler,
  sockets: SystemSockets | null,
): Promise<PrivateListener> {
  if (endpoint.kind === "pipe") {
    // The system itself sees to it that a pipe is one core's alone.
    const { listenPipe, windowsPipes } = await pipeModules();
    return listenPipe(endpoint.name, handler, windowsPipes());
  }
  if (sockets === null) throw new UserError("Unix sockets are not used on Windows");
  const { path } = endpoint;
  const short = derivedFolder();
  if (short !== null && dirname(path) === short) preparePrivateFolder(short, userId());
  requireFolder(dirname(path));
  const claim = claimSocketPath(path, dataDirectory);
  try {
    const listener = listenUnix(path, handler, sockets);
    return {
      ...listener,
      async stop(graceMs) {
        await listener.stop(graceMs);
        claim.release();
      },
    };
  } catch (error) {
    claim.release();
    throw error;
  }
}

/** Only where they are needed: HTTP of Node takes longer to load than all the rest of a command. */
async function pipeModules() {
  const [listener, channel, pipes] = await Promise.all([
    import("./listener_windows.ts"),
    import("./channel_windows.ts"),
    import("./pipes_windows.ts"),
  ]);
  return { ...listener, ...channel, ...pipes };
}

function requireFolder(folder: string): void {
  try {
    if (Deno.statSync(folder).isDirectory) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new EndpointError(
    `the folder ${folder} of the private channel does not exist`,
    `Create it (mkdir -m 700 ${shellWord(folder)}), or give another endpoint.`,
  );
}

/**
 * Opens the private channel as a client. Nothing is sent yet.
 * @param endpoint where the core listens
 * @param client what we call ourselves, such as `cli/0.1.0`
 * @returns the channel
 */
export async function openChannel(endpoint: Endpoint, client: string): Promise<Channel> {
  if (endpoint.kind === "pipe") {
    const { openPipeChannel, windowsPipes } = await pipeModules();
    return openPipeChannel(endpoint.name, client, windowsPipes());
  }
  return openUnixChannel(endpoint.path, client);
}

/**
 * Makes sure that the data directory is there and private; see `preparePrivateFolder`.
 * @param path absolute path
 * @returns its real path
 * @throws {UserError} exit code 5, with the command that mends it
 */
export function prepareDataDirectory(path: string): string {
  return operatingSystem === "windows"
    ? windows.preparePrivateFolder(path, windowsFolders())
    : preparePrivateFolder(path, userId());
}

/**
 * Checks a data directory that a client is about to believe, changing nothing.
 * @param path absolute path
 * @returns its real path
 * @throws {UserError} exit code 5 if it is missing or open to others
 */
export function checkDataDirectory(path: string): string {
  return operatingSystem === "windows"
    ? windows.checkPrivateFolder(path, windowsFolders())
    : checkPrivateFolder(path, userId());
}

/**
 * The folder for sockets whose data directory is too deep for a socket path.
 * @returns it, or null on Windows
 */
export function derivedFolder(): string | null {
  return operatingSystem === "windows" ? null : shortSocketFolder(Deno.env.get, userId());
}

function userId(): number {
  const user = Deno.uid();
  if (user === null) throw new UserError("the system does not tell who we are");
  return user;
}
