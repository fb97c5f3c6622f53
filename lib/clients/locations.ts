/** Where a client keeps its settings on this system. Pure, but for the question which folders exist. */
import { posix, win32 } from "node:path";
import { type Inputs, variable } from "../config/paths.ts";
import { UserError } from "../errors.ts";
import type { Bases, ClientDescription } from "./catalogue.ts";

/** Where a client keeps its settings. */
export interface Location {
  /** Absolute. */
  file: string;
  /** Whether the client seems to be installed. */
  isInstalled: boolean;
}

/**
 * Finds the file in which a client keeps its MCP servers.
 * @param client the client
 * @param inputs environment and platform
 * @param exists whether there is anything at a path
 * @returns the file, which need not exist
 * @throws {UserError} if the home directory is unknown
 */
export function locate(
  client: ClientDescription,
  inputs: Pick<Inputs, "environment" | "platform">,
  exists: (path: string) => boolean,
): Location {
  const path = inputs.platform === "windows" ? win32 : posix;
  const moved = client.moved && absoluteVariable(client.moved.variable, inputs);
  if (client.moved && moved) {
    return { file: path.join(moved, ...client.moved.file), isInstalled: exists(moved) };
  }
  const places = client.places(basesOf(inputs)).map(({ folder, file }) => ({
    folder: path.join(...folder),
    file: path.join(...file),
  }));
  const found = places.find(({ folder, file }) => exists(folder) || exists(file));
  return { file: (found ?? places.at(-1)!).file, isInstalled: found !== undefined };
}

function basesOf(inputs: Pick<Inputs, "environment" | "platform">): Bases {
  const { platform } = inputs;
  const name = platform === "windows" ? "USERPROFILE" : "HOME";
  const home = absoluteVariable(name, inputs);
  if (!home) {
    throw new UserError(
      `the home directory is unknown: ${name} is not set to an absolute path`,
      { next: `Set ${name}, then try again.` },
    );
  }
  if (platform === "windows") {
    // Known folders: https://learn.microsoft.com/windows/win32/shell/knownfolderid
    return {
      home,
      config: absoluteVariable("APPDATA", inputs) ?? win32.join(home, "AppData", "Roaming"),
      local: absoluteVariable("LOCALAPPDATA", inputs) ?? win32.join(home, "AppData", "Local"),
    };
  }
  if (platform === "darwin") {
    return { home, config: posix.join(home, "Library", "Application Support"), local: null };
  }
  // XDG Base Directory Specification: a path that is not absolute is to be ignored.
  const config = absoluteVariable("XDG_CONFIG_HOME", inputs) ?? posix.join(home, ".config");
  return { home, config, local: null };
}

function absoluteVariable(
  name: string,
  { environment, platform }: Pick<Inputs, "environment" | "platform">,
): string | undefined {
  const { isAbsolute, resolve } = platform === "windows" ? win32 : posix;
  const value = variable(environment, name);
  return value && isAbsolute(value) ? resolve(value) : undefined;
}
