/** What every command is given: where the settings come from, and how to answer. */
import type { Flags, Inputs } from "../config/paths.ts";
import { variable } from "../config/paths.ts";
import { operatingSystem } from "../platform.ts";
import { type OutputFormat, outputFormat } from "./output.ts";

/** The options that every command understands, before its name and after. */
export interface GlobalOptions extends Flags {
  output?: string | undefined;
  json?: boolean | undefined;
}

/** What a command works with. */
export interface Context {
  /** Flags, environment and platform. */
  inputs: Inputs;
  /** How it answers. */
  format: OutputFormat;
}

/**
 * Makes the context of a command.
 * @param options what the command line says; `object`, since a command's own options may be all that its type names
 * @param flags of this command alone
 * @returns the context
 * @throws {UserError} exit code 4 if there is no such output format
 */
export function contextOf(options: GlobalOptions & object, flags: Flags = {}): Context {
  const { config, dataDir, trayEndpoint, logLevel, logToFile, output, json } = options;
  const environment = Deno.env.toObject();
  return {
    inputs: {
      flags: { config, dataDir, trayEndpoint, logLevel, logToFile, ...flags },
      environment,
      platform: operatingSystem,
      workingDirectory: Deno.cwd(),
    },
    format: outputFormat({ output, json, environment: variable(environment, "MCPPROXY_OUTPUT") }),
  };
}
