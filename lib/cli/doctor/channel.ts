/** Checks of the private channel as it lies on the disk: switched on, its folder, its socket. */
import { dirname } from "node:path";
import type { Settings } from "../../config/load.ts";
import type { Inputs } from "../../config/paths.ts";
import { endpointOf } from "../../endpoint_of.ts";
import { isCoreRunning } from "../../ipc/core_lock.ts";
import { type Endpoint, formatEndpoint, parseEndpoint } from "../../ipc/endpoint.ts";
import { derivedFolder } from "../../ipc/private_channel.ts";
import { checkPath, checkPrivateFolder } from "../../ipc/private_path_unix.ts";
import type { RuntimeFacts } from "../../ipc/runtime_file.ts";
import { shellWord } from "../../shell_word.ts";
import {
  type Check,
  failure,
  failureOf,
  type Known,
  lookAt,
  modeOf,
  ok,
  skipped,
  warning,
} from "./check.ts";

/** What the checks of the channel go by. */
export interface ChannelFacts {
  inputs: Inputs;
  /** Its real path; a private folder. */
  dataDirectory: string;
  settings: Known<Settings>;
  running: Known<RuntimeFacts>;
  /** Whether a core holds the data directory. */
  isHeld: boolean;
}

/** What is known of the channel. */
export interface ChannelFindings {
  checks: Check[];
  /** Where its socket lies, or would; null if there is none. */
  socket: string | null;
}

/**
 * Checks the private channel.
 * @param facts what is known by now
 * @returns the checks
 */
export async function checkChannel(facts: ChannelFacts): Promise<ChannelFindings> {
  const rest = (reason: string) => [skipped("socket-folder", reason), skipped("socket", reason)];
  const channel = judgeChannel(facts);
  if (channel.verdict !== "ok") {
    const reason = channel.verdict === "skipped"
      ? channel.evidence[0]!
      : "the private channel is off";
    return { checks: [channel, ...rest(reason)], socket: null };
  }
  let endpoint: Endpoint;
  try {
    endpoint = await endpointFor(facts);
  } catch (error) {
    const folder = failureOf("socket-folder", error);
    return {
      checks: [channel, folder, skipped("socket", "there is no place for it")],
      socket: null,
    };
  }
  if (endpoint.kind === "pipe") {
    const reason = `the channel is the named pipe ${formatEndpoint(endpoint)}`;
    return { checks: [channel, ...rest(reason)], socket: null };
  }
  const { path } = endpoint;
  const folder = checkSocketFolder(path, facts.dataDirectory);
  const socket = folder.verdict === "ok"
    ? await checkSocket(path, facts)
    : skipped("socket", "its folder cannot be trusted");
  return { checks: [channel, folder, socket], socket: path };
}

function judgeChannel({ settings, running }: ChannelFacts): Check {
  if ("value" in running) {
    const { endpoint, channel_error } = running.value;
    if (endpoint !== null) return ok("private-channel", `open at ${endpoint}`);
    if (channel_error !== null) {
      return failure(
        "private-channel",
        ["the core could not open it, so clients use TCP and the key", channel_error],
        "Mend what the core's error names, then restart the core.",
      );
    }
    return off("the running core was started without it");
  }
  if ("unknown" in settings) return skipped("private-channel", settings.unknown);
  return settings.value.config.enable_socket
    ? ok("private-channel", "switched on")
    : off("enable_socket is false");
}

function off(why: string): Check {
  return warning(
    "private-channel",
    `${why}: clients use TCP and the key, and nobody vouches for them`,
    'Set "enable_socket": true, then restart the core.',
  );
}

/** The running core knows its own environment; of one to come, flags, environment and config tell. */
async function endpointFor(facts: ChannelFacts): Promise<Endpoint> {
  const { inputs, dataDirectory, settings, running } = facts;
  if ("value" in running) {
    return parseEndpoint(running.value.endpoint!, inputs.platform, "runtime.json");
  }
  return await endpointOf((settings as { value: Settings }).value, inputs, dataDirectory);
}

function checkSocketFolder(path: string, dataDirectory: string): Check {
  const folder = dirname(path);
  if (folder === dataDirectory) return ok("socket-folder", "the data directory");
  const user = Deno.uid()!;
  const isDerived = folder === derivedFolder();
  try {
    if (lookAt(folder) === null) {
      return isDerived ? ok("socket-folder", `${folder} is made when the core starts`) : failure(
        "socket-folder",
        `${folder} does not exist`,
        `Run: mkdir -m 700 ${shellWord(folder)}`,
      );
    }
    if (isDerived) checkPrivateFolder(folder, user);
    else checkPath(folder, user);
    return ok("socket-folder", `${folder}: nobody else can replace what lies in it`);
  } catch (error) {
    return failureOf("socket-folder", error);
  }
}

async function checkSocket(path: string, { dataDirectory, isHeld }: ChannelFacts): Promise<Check> {
  const folder = Deno.realPathSync(dirname(path));
  if (folder !== dataDirectory && isCoreRunning(folder)) {
    return failure(
      "socket",
      `${path} lies in the data directory of another core, which runs`,
      "Give each core its own tray_endpoint, or none.",
    );
  }
  const info = lookAt(path);
  if (info === null) {
    return isHeld
      ? failure("socket", `${path} is gone, though the core runs`, "Restart the core.")
      : ok("socket", `nothing lies at ${path}`);
  }
  if (!info.isSocket || info.uid !== Deno.uid()) {
    const what = info.isSymlink ? "a symbolic link" : info.isSocket ? "a socket" : "no socket";
    return failure(
      "socket",
      `${path} is ${what}, mode ${modeOf(info)}, of user ${info.uid}`,
      `Find out who put it there, then move it away: mv ${shellWord(path)} ${
        shellWord(`${path}.aside`)
      }`,
    );
  }
  const listens = await isAnswered(path);
  if (!isHeld) {
    return listens
      ? failure(
        "socket",
        `a program listens on ${path}, but no core of this data directory runs`,
        "Find it and end it, or choose another place with --tray-endpoint.",
      )
      : warning(
        "socket",
        `${path} was left behind by a core that was killed`,
        "Run: mcpproxy doctor --fix; the next core removes it too.",
      );
  }
  if (!listens) {
    return failure("socket", `nobody listens on ${path}, though a core runs`, "Restart the core.");
  }
  const mode = modeOf(info);
  return mode === "0600" ? ok("socket", `${path}, mode ${mode}, yours`) : failure(
    "socket",
    `${path} has mode ${mode}, must be 0600`,
    `Run: chmod 600 ${shellWord(path)}`,
  );
}

/**
 * Whether somebody listens on a socket. Nothing is sent.
 * @param path of a socket that is ours
 * @returns false only if the connection was refused; to be on the safe side a full backlog counts as a listener
 */
export async function isAnswered(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.ConnectionRefused ||
      error instanceof Deno.errors.NotFound);
  }
}
