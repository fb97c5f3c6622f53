/** The environment by which the core finds programs, as well as it can be known. */
import type { Inputs } from "../../config/paths.ts";
import { loginEnvironment } from "../../launch/login_environment.ts";
import type { RuntimeFacts } from "../../ipc/runtime_file.ts";
import type { Known } from "./check.ts";
import type { System } from "./system.ts";

/** An environment, and whose it is. */
export interface CoreEnvironment {
  variables: Readonly<Record<string, string | undefined>>;
  /** For people: "the running core". */
  whose: string;
}

/**
 * Finds out which environments count.
 * @param inputs our own environment
 * @param running the core, if one runs
 * @param startsAtLogin whether the desktop starts a tray, and that a core
 * @param system the machine
 * @returns the running core's; without one ours, and that of a start by the tray if there is one
 */
export async function coreEnvironments(
  inputs: Inputs,
  running: Known<RuntimeFacts>,
  startsAtLogin: boolean,
  system: System,
): Promise<CoreEnvironment[]> {
  const ours = { variables: inputs.environment, whose: "this shell" };
  const byTray = async () => ({
    variables: { ...inputs.environment, ...await loginEnvironment(inputs.environment)() },
    whose: "the login shell, as in a start by the tray",
  });
  if ("unknown" in running) return startsAtLogin ? [ours, await byTray()] : [ours];
  const { pid, launched_by } = running.value;
  const variables = await system.environmentOf(pid);
  if (variables !== null) return [{ variables, whose: "the running core" }];
  return [launched_by === "tray" ? await byTray() : ours];
}
