/** Files of the config, by the rules of the system that we run on. */
import { operatingSystem } from "../platform.ts";
import type { FileSystem } from "./file_system.ts";
import { unixFiles } from "./files_unix.ts";
import { windowsFiles } from "./files_windows.ts";

/** The rules of the system that we run on. */
export const files: FileSystem = operatingSystem === "windows" ? windowsFiles : unixFiles;
