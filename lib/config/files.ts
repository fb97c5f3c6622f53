/** The one place where the config asks which system it runs on. */
import type { FileSystem } from "./file_system.ts";
import { unixFiles } from "./files_unix.ts";
import { windowsFiles } from "./files_windows.ts";

/** The rules of the system that we run on. */
export const files: FileSystem = Deno.build.os === "windows" ? windowsFiles : unixFiles;
