/** The systems that mcpproxy is built for, and the two programs that are built for each. */
import type { OperatingSystem } from "../../lib/platform.ts";
import type { PermissionSetName } from "./run_options.ts";

/** A system and its processor. */
export interface Target {
  /** As it is called in the names of downloads. */
  name: string;
  /** As Deno calls it. */
  triple: string;
  system: OperatingSystem;
  /** npm's package with the Deno for it. */
  runtimePackage: string;
}

/** All of them: those that `deno compile --target` knows. */
export const targets: readonly Target[] = [
  {
    name: "linux-x64",
    triple: "x86_64-unknown-linux-gnu",
    system: "linux",
    runtimePackage: "@deno/linux-x64-glibc",
  },
  {
    name: "linux-arm64",
    triple: "aarch64-unknown-linux-gnu",
    system: "linux",
    runtimePackage: "@deno/linux-arm64-glibc",
  },
  {
    name: "macos-x64",
    triple: "x86_64-apple-darwin",
    system: "darwin",
    runtimePackage: "@deno/darwin-x64",
  },
  {
    name: "macos-arm64",
    triple: "aarch64-apple-darwin",
    system: "darwin",
    runtimePackage: "@deno/darwin-arm64",
  },
  {
    name: "windows-x64",
    triple: "x86_64-pc-windows-msvc",
    system: "windows",
    runtimePackage: "@deno/win32-x64",
  },
  {
    name: "windows-arm64",
    triple: "aarch64-pc-windows-msvc",
    system: "windows",
    runtimePackage: "@deno/win32-arm64",
  },
];

/** The target of the machine that builds. @throws {Error} if it is none of them */
export function ownTarget(): Target {
  const own = targets.find(({ triple }) => triple === Deno.build.target);
  if (!own) throw new Error(`mcpproxy is not built for ${Deno.build.target}`);
  return own;
}

/** One of the two programs. */
export interface Program {
  /** Without `.exe`. */
  name: "mcpproxy" | "mcpproxy-tray";
  /** Its module in the bundle. */
  entry: string;
  /** Its permission set in deno.json. */
  permissions: PermissionSetName;
  /** Windows opens a console window for it. */
  hasTerminal: boolean;
}

/** The programs for a system; the same sets of permissions as in the tasks of deno.json. */
export function programsFor({ system }: Target): Program[] {
  const tray = system === "windows" ? "tray-windows" : "tray";
  return [
    { name: "mcpproxy", entry: "main.js", permissions: "core", hasTerminal: true },
    { name: "mcpproxy-tray", entry: "tray.js", permissions: tray, hasTerminal: false },
  ];
}
