/** The cores of this user on this machine: {@linkcode Cores} for real. */
import { type Inputs, variable } from "../config/paths.ts";
import { UserError } from "../errors.ts";
import { logger } from "../log.ts";
import { coreArguments, coreEnvironment } from "../launch/core_launch.ts";
import { adoptCore, startCore } from "./core_process.ts";
import { CoreMissingError, findCoreProgram } from "../launch/core_program.ts";
import { programFiles, programSources } from "../launch/core_program_files.ts";
import { failureOf, findCore } from "./core_search.ts";
import { askToEnd } from "./end_request.ts";
import { watchDisk } from "./core_watch.ts";
import { BlockedError, type Cores } from "./cores.ts";
import { loginEnvironment } from "../launch/login_environment.ts";
import type { Failure } from "./state.ts";
import type { Workplace } from "./workplace.ts";

/**
 * The cores of one tray's data directory.
 * @param inputs flags, environment and platform
 * @param version the tray's
 * @param workplace makes sure of the data directory before each look and each start
 * @returns what the controller works with
 */
export function localCores(inputs: Inputs, version: string, workplace: Workplace): Cores {
  const login = loginEnvironment(inputs.environment);
  const program = async () => {
    const searchPath = (await login()).PATH ?? variable(inputs.environment, "PATH");
    return findCoreProgram(programSources(inputs, searchPath), programFiles);
  };
  // Windows has no SIGTERM: there Deno.kill ends a process at once.
  const ask = inputs.platform === "windows"
    ? (pid: number) => askToEnd(inputs, version, pid)
    : undefined;
  return {
    program,
    paths: () => workplace.paths,
    find: (signal) => findCore(inputs, version, () => workplace.prepare(), signal),
    adopt: (pid) => adoptCore(pid, workplace.paths.dataDirectory, ask),
    watch: (listener) => watchDisk(workplace.paths, listener),
    async launch(signal) {
      try {
        const asked = login(); // a profile takes its time
        const { settings } = await workplace.prepare();
        const loginVariables = await asked;
        const found = await program();
        signal.throwIfAborted();
        logger("tray").info("starting the core: {command}", { command: found.command });
        return startCore(
          {
            program: found,
            args: coreArguments(inputs),
            environment: coreEnvironment(
              inputs,
              loginVariables,
              "tray",
              settings.config.enable_socket,
            ),
            directory: variable(inputs.environment, "HOME") ?? inputs.workingDirectory,
          },
          (text) => workplace.redact(text),
          ask,
        );
      } catch (error) {
        throw error instanceof UserError ? blocked(error) : error;
      }
    },
  };
}

function blocked(error: UserError): BlockedError {
  if (error instanceof BlockedError) return error;
  const failure: Failure = error instanceof CoreMissingError
    ? "core_missing"
    : failureOf(error) ?? "permission";
  return new BlockedError(failure, error.message, {
    cause: error,
    ...error.next === undefined ? {} : { next: error.next },
  });
}
