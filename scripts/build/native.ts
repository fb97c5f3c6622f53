/** The programs that `deno compile` makes. */
import { join } from "node:path";
import manifest from "../../deno.json" with { type: "json" };
import { icoOf } from "../../lib/tray/desktop/icon_windows.ts";
import { iconFile, iconSizes } from "../../lib/tray/icons/icons.ts";
import { CommandError, run } from "./run.ts";
import type { Program, Target } from "./targets.ts";

/** The runtime that `deno compile` puts the code behind could not be fetched. */
export class BaseBinaryError extends Error {
  override readonly name = "BaseBinaryError";
}

/**
 * Compiles a program.
 * @param program which
 * @param target for which system
 * @param folder the bundle, with what this system needs
 * @param path where the program goes; must not exist
 * @throws {BaseBinaryError} if the runtime for this system could not be fetched
 */
export async function compile(
  program: Program,
  target: Target,
  folder: string,
  path: string,
): Promise<void> {
  const config = join(folder, "deno.json");
  const { permissions } = manifest;
  // With it, deno compile leaves out every module that is imported dynamically.
  const unstable = manifest.unstable.filter((feature) => feature !== "lazy-dynamic-imports");
  await Deno.writeTextFile(config, JSON.stringify({ unstable, permissions }));
  const options = ["--target", target.triple, "--app-name", "mcpproxy"];
  if (target.system === "windows") {
    const icon = join(folder, "mcpproxy.ico");
    await Deno.writeFile(icon, await windowsIcon());
    options.push("--icon", icon, ...program.hasTerminal ? [] : ["--no-terminal"]);
  }
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".png") || name === "traybin") options.push("--include", join(folder, name));
  }
  try {
    await run([
      ...[Deno.execPath(), "compile", "-q", "--no-check", "--no-lock", "--no-npm", "--no-prompt"],
      ...["--config", config, `-P=${program.permissions}`, ...options, "--output", path],
      join(folder, program.entry),
    ]);
  } catch (error) {
    if (!(error instanceof CommandError) || !/base binary|denort/i.test(error.stderr)) throw error;
    // A list of causes, the deepest last; then a backtrace.
    const causes = error.stderr.split("Stack backtrace")[0]!.trim().split("\n");
    throw new BaseBinaryError(causes.at(-1)!.replace(/^ *[0-9]+: /, ""));
  }
}

async function windowsIcon(): Promise<Uint8Array> {
  return icoOf(
    await Promise.all(iconSizes.map(async (size) => ({
      size,
      png: await Deno.readFile(iconFile("running", size)),
    }))),
  );
}
