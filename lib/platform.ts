/** The one place where the operating system is asked for. */

/** The systems that mcpproxy tells apart; every other Unix is treated as Linux. */
export type OperatingSystem = "linux" | "darwin" | "windows";

/** The system this process runs on. */
export const operatingSystem: OperatingSystem = Deno.build.os === "windows"
  ? "windows"
  : Deno.build.os === "darwin"
  ? "darwin"
  : "linux";
