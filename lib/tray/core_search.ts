/** One look for a core: whether there is one, whether it is ready, and whether it is one that we may use. */
import { ApiError } from "../client/api.ts";
import { connectToCore, NoCoreError } from "../client/connect.ts";
import type { Inputs } from "../config/paths.ts";
import { ExitCode, messageOf, UserError } from "../errors.ts";
import { ChannelError } from "../ipc/channel.ts";
import { isCoreRunning } from "../ipc/core_lock.ts";
import { readRuntimeFile } from "../ipc/runtime_file.ts";
import { openConnection } from "./core_connection.ts";
import { hasRuntimeFile } from "./core_watch.ts";
import type { Found } from "./cores.ts";
import type { Failure } from "./state.ts";
import { TrayRunningError } from "../ipc/tray_lock.ts";
import { isOlder } from "../version_order.ts";
import type { Place } from "./workplace.ts";

/** How long a core may take for its first answers, in milliseconds. */
const patience = 5_000;

/**
 * Looks once. The lock alone says whether a core lives: a socket that refuses may be that of a dead core or of a busy one.
 * @param inputs flags, environment and platform
 * @param version our own
 * @param prepare reads the settings, and makes sure of the data directory
 * @param signal gives up
 * @returns what was found; never rejects
 */
export async function findCore(
  inputs: Inputs,
  version: string,
  prepare: () => Promise<Place>,
  signal: AbortSignal,
): Promise<Found> {
  let place: Place;
  try {
    place = await prepare();
  } catch (error) {
    const failure = failureOf(error) ?? "permission"; // it could not even be looked for
    return { name: "blocked", failure, error: asUserError(error) };
  }
  const { dataDirectory, settings } = place;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  let owned: number | null = null;
  try {
    if (!isCoreRunning(dataDirectory)) {
      return { name: "absent", crashed: hasRuntimeFile(dataDirectory) };
    }
    const runtime = readRuntimeFile(dataDirectory);
    if (runtime === null) return { name: "starting", owned, problem: null };
    if (runtime.launched_by === "tray") owned = runtime.pid;
    const own = owned !== null && settings.config.enable_socket ? withoutKey(inputs) : inputs;
    const connection = await openConnection(await connectToCore(own, `tray/${version}`), limit);
    if (connection === null) return { name: "starting", owned, problem: null };
    const outdated = connection.owned && isOlder(connection.core.version, version);
    return { name: "ready", connection, outdated };
  } catch (error) {
    const failure = error instanceof NoCoreError ? null : failureOf(error);
    return failure === null
      ? { name: "starting", owned, problem: limit.aborted ? silent : messageOf(error) }
      : { name: "blocked", failure, error: asUserError(error) };
  }
}

const silent = `it does not answer within ${patience / 1000} s`;

/** A core that was started for the private channel has not been given the key of the environment; see core_launch.ts. */
function withoutKey(inputs: Inputs): Inputs {
  return { ...inputs, environment: { ...inputs.environment, MCPPROXY_API_KEY: undefined } };
}

/**
 * The failure that an error stands for.
 * @param error what was thrown
 * @returns null if another try may well succeed
 */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof TrayRunningError) return "data_directory_held";
  if (error instanceof ChannelError) {
    return error.fault === "untrusted" || error.fault === "denied" ? "untrusted" : null;
  }
  // By TCP, with a key that is not the core's: only the config can mend that.
  if (error instanceof ApiError) return error.status === 401 ? "configuration" : null;
  if (!(error instanceof UserError)) return null;
  switch (error.exitCode) {
    case ExitCode.permission:
      return "permission";
    case ExitCode.configuration:
      return "configuration";
    default:
      return null;
  }
}

function asUserError(error: unknown): UserError {
  return error instanceof UserError ? error : new UserError(messageOf(error), { cause: error });
}
