/** What the tray can mend by itself when it is told to: loose permissions, and a port that is taken. */
import { setValue } from "../config/json_edit.ts";
import { parseListenAddress } from "../config/listen.ts";
import { loadConfig } from "../config/load.ts";
import { type Inputs, type Paths, variable } from "../config/paths.ts";
import { editConfig } from "../config/save.ts";
import { messageOf, UserError } from "../errors.ts";
import { prepareDataDirectory } from "../ipc/private_channel.ts";
import { portHolder } from "./port_holder.ts";
import type { PortHolder } from "./port_listeners.ts";

/** So many ports after the one that is taken are tried before any port will do. */
const near = 100;
/** Milliseconds that another program has to end, and between two looks. */
const [endMs, pollMs] = [5_000, 100];

/**
 * Lets nobody but this user into the data directory and the config file. What is not ours is left alone.
 * @param paths where they are
 * @returns what was done, a sentence each; empty if there was nothing to do
 * @throws {UserError} if something is still wrong then, which only a person can mend
 */
export function fixPermissions({ dataDirectory, configFile }: Paths): string[] {
  const done = [
    ...tighten(dataDirectory, 0o700),
    ...tighten(configFile, 0o600),
  ];
  prepareDataDirectory(dataDirectory); // says what is left: a folder further up, or another's
  return done;
}

/** Takes the rights of others from what is ours; links are followed, since what they lead to is what counts. */
function tighten(path: string, wanted: number): string[] {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new UserError(`${path}: ${messageOf(error)}`, { cause: error });
  }
  const mode = info.mode ?? wanted;
  if ((mode & 0o077) === 0) return [];
  if (info.uid !== Deno.uid()) {
    throw new UserError(`${path} belongs to user ${info.uid}, so its mode is left as it is`, {
      next: "Have its owner give it to you, or choose another.",
    });
  }
  Deno.chmodSync(path, wanted);
  const wasWritable = (mode & 0o022) !== 0;
  return [
    `${path}: mode ${octal(mode)} is now ${octal(wanted)}.` +
    (wasWritable ? " Others could write to it until now: look through what it holds." : ""),
  ];
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

/**
 * Has the core listen on a free port from its next start on: writes `listen` into the config file.
 * @param inputs flags and environment
 * @returns the new address
 * @throws {UserError} if flag or variable decide the address, or the config file cannot be written
 */
export async function useFreePort(inputs: Inputs): Promise<string> {
  const given = inputs.flags.listen
    ? "--listen"
    : variable(inputs.environment, "MCPPROXY_LISTEN") && "MCPPROXY_LISTEN";
  if (given) {
    throw new UserError(`${given} decides on the port, so a change of the config has no effect`, {
      next: `Quit the tray, and start it with another ${given} or with none.`,
    });
  }
  const { config, paths } = await loadConfig(inputs);
  const present = parseListenAddress(config.listen);
  if (typeof present === "string") throw new UserError(`listen: ${present}`);
  const port = freePort(present.hostname, present.port);
  const address = config.listen.replace(/:[0-9]+$/, `:${port}`);
  await editConfig(
    paths.configFile,
    (text) => setValue(text?.trim() ? text : "{}\n", ["listen"], address),
  );
  return address;
}

/**
 * The process of this user that keeps the core from its port.
 * @param inputs flags and environment
 * @returns null if there is none, or none that can be known; never rejects
 */
export async function findPortHolder(inputs: Inputs): Promise<PortHolder | null> {
  try {
    const address = parseListenAddress((await loadConfig(inputs)).config.listen);
    return typeof address === "string" ? null : await portHolder(address);
  } catch {
    return null; // the menu tells of the config
  }
}

/**
 * Asks the process that keeps the core from its port to end, and waits until it has. It is never forced.
 * @param inputs flags and environment
 * @param shown the process that the person has seen; no other is ended
 * @throws {UserError} if it is not that one any more, or does not end within 5 s
 */
export async function endPortHolder(inputs: Inputs, shown: PortHolder | null): Promise<void> {
  const holder = await findPortHolder(inputs);
  if (holder === null) return; // gone meanwhile
  if (holder.pid !== shown?.pid || holder.name !== shown.name) {
    throw new UserError(`By now, ${holder.name} (pid ${holder.pid}) listens on the port`, {
      next: "Try again, if that is the one to be ended.",
    });
  }
  try {
    Deno.kill(holder.pid, "SIGTERM");
  } catch (error) {
    throw new UserError(`${holder.name} (pid ${holder.pid}) cannot be ended: ${messageOf(error)}`);
  }
  for (const deadline = Date.now() + endMs; Date.now() < deadline;) {
    await new Promise((resolve) => setTimeout(resolve, pollMs));
    if ((await findPortHolder(inputs))?.pid !== holder.pid) return;
  }
  throw new UserError(`${holder.name} (pid ${holder.pid}) has not ended within ${endMs / 1000} s`, {
    next: `End it by hand, or use a free port.`,
  });
}

/** One close to the present one is easier to remember, and not among those that the system hands out to clients. */
function freePort(hostname: string, taken: number): number {
  for (let port = taken + 1; taken > 0 && port <= Math.min(taken + near, 65_535); port++) {
    if (listens(hostname, port) !== null) return port;
  }
  const port = listens(hostname, 0);
  if (port === null) throw new UserError(`no port of ${hostname} is free`);
  return port;
}

/** The port that could be listened on, or null. */
function listens(hostname: string, port: number): number | null {
  try {
    using listener = Deno.listen({ hostname, port });
    return listener.addr.port;
  } catch {
    return null;
  }
}
