/** The command that starts this very tray again: what is written down to be run at login. */
import { fileURLToPath } from "node:url";
import { ownFile } from "../own_program.ts";
import { operatingSystem } from "../platform.ts";

/** What this process is. */
export interface ProcessFacts {
  /** Whether it is a program of its own, not a checkout. */
  standalone: boolean;
  /** The program: what was built, or Deno. */
  program: string;
  /** URL of deno.json, of a checkout. */
  manifest: string;
  /** URL of tray.ts, of a checkout. */
  script: string;
  /** The permission set of deno.json, in a checkout: Windows' desktop and registry are reached by FFI, others' are not. */
  permissions: "tray" | "tray-windows";
}

/** What this process is, as Deno tells it. */
export function ownFacts(): ProcessFacts {
  return {
    standalone: ownFile !== null,
    program: ownFile ?? Deno.execPath(),
    manifest: import.meta.resolve("../../deno.json"),
    script: import.meta.resolve("../../tray.ts"),
    permissions: operatingSystem === "windows" ? "tray-windows" : "tray",
  };
}

/**
 * The command that starts the tray.
 * @param facts what this process is
 * @param options of the tray's command line, their paths absolute: at login the working directory is another
 * @returns the program's path and its arguments; in a checkout the same command as `deno task tray`
 */
export function trayCommand(facts: ProcessFacts, options: readonly string[]): string[] {
  const { standalone, program, manifest, script, permissions } = facts;
  if (standalone) return [program, ...options];
  // The working directory does not lead to deno.json, so it has to be named.
  const config = `--config=${fileURLToPath(manifest)}`;
  return [
    program,
    "run",
    "-q",
    "--no-prompt",
    config,
    `-P=${permissions}`,
    fileURLToPath(script),
    ...options,
  ];
}
