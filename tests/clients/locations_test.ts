/** Where each client's settings are, on systems that are only told of. */
import assert from "node:assert/strict";
import { clients } from "../../lib/clients/catalogue.ts";
import { locate } from "../../lib/clients/locations.ts";
import type { Environment, Platform } from "../../lib/config/paths.ts";
import { clientOf } from "./helper.ts";

const systems: Record<Platform, Environment> = {
  linux: { HOME: "/home/me" },
  darwin: { HOME: "/Users/me" },
  windows: {
    USERPROFILE: "C:\\Users\\me",
    APPDATA: "C:\\Users\\me\\AppData\\Roaming",
    LOCALAPPDATA: "C:\\Users\\me\\AppData\\Local",
  },
};

const macOS = "/Users/me/Library/Application Support";
const roaming = "C:\\Users\\me\\AppData\\Roaming";
const expected: Record<string, Record<Platform, string>> = {
  "claude-desktop": {
    linux: "/home/me/.config/Claude/claude_desktop_config.json",
    darwin: `${macOS}/Claude/claude_desktop_config.json`,
    windows: `${roaming}\\Claude\\claude_desktop_config.json`,
  },
  "claude-code": {
    linux: "/home/me/.claude.json",
    darwin: "/Users/me/.claude.json",
    windows: "C:\\Users\\me\\.claude.json",
  },
  cursor: {
    linux: "/home/me/.cursor/mcp.json",
    darwin: "/Users/me/.cursor/mcp.json",
    windows: "C:\\Users\\me\\.cursor\\mcp.json",
  },
  vscode: {
    linux: "/home/me/.config/Code/User/mcp.json",
    darwin: `${macOS}/Code/User/mcp.json`,
    windows: `${roaming}\\Code\\User\\mcp.json`,
  },
  windsurf: {
    linux: "/home/me/.codeium/windsurf/mcp_config.json",
    darwin: "/Users/me/.codeium/windsurf/mcp_config.json",
    windows: "C:\\Users\\me\\.codeium\\windsurf\\mcp_config.json",
  },
  gemini: {
    linux: "/home/me/.gemini/settings.json",
    darwin: "/Users/me/.gemini/settings.json",
    windows: "C:\\Users\\me\\.gemini\\settings.json",
  },
  codex: {
    linux: "/home/me/.codex/config.toml",
    darwin: "/Users/me/.codex/config.toml",
    windows: "C:\\Users\\me\\.codex\\config.toml",
  },
  zed: {
    linux: "/home/me/.config/zed/settings.json",
    darwin: "/Users/me/.config/zed/settings.json",
    windows: `${roaming}\\Zed\\settings.json`,
  },
};

function fileOf(
  id: string,
  platform: Platform,
  environment: Environment = {},
  ...present: string[]
): [file: string, isInstalled: boolean] {
  const inputs = { platform, environment: { ...systems[platform], ...environment } };
  const { file, isInstalled } = locate(clientOf(id), inputs, (path) => present.includes(path));
  return [file, isInstalled];
}

Deno.test("each client has its file on each system", () => {
  assert.deepEqual(clients.map(({ id }) => id), Object.keys(expected));
  for (const [id, files] of Object.entries(expected)) {
    for (const platform of ["linux", "darwin", "windows"] as const) {
      assert.deepEqual(fileOf(id, platform), [files[platform], false]);
      assert.deepEqual(fileOf(id, platform, {}, files[platform]), [files[platform], true]);
    }
  }
});

Deno.test("a client whose folder is there is installed", () => {
  assert.equal(fileOf("cursor", "linux", {}, "/home/me/.cursor")[1], true);
  assert.equal(fileOf("claude-code", "darwin", {}, "/Users/me/.claude")[1], true);
  assert.equal(fileOf("vscode", "windows", {}, `${roaming}\\Code`)[1], true);
  assert.equal(fileOf("windsurf", "linux", {}, "/home/me/.codeium")[1], false);
});

Deno.test("a packaged Claude Desktop on Windows has a roaming folder of its own", () => {
  const packaged = "C:\\Users\\me\\AppData\\Local\\Packages\\Claude_pzs8sxrjxfjjc";
  const file = `${packaged}\\LocalCache\\Roaming\\Claude\\claude_desktop_config.json`;
  assert.deepEqual(fileOf("claude-desktop", "windows", {}, packaged), [file, true]);
  // It goes before what an older version has left behind.
  const both = [packaged, `${roaming}\\Claude`];
  assert.deepEqual(fileOf("claude-desktop", "windows", {}, ...both), [file, true]);
});

Deno.test("variables that move settings are heeded, if they are absolute", () => {
  const moved: [id: string, variable: string, value: string, file: string][] = [
    ["claude-code", "CLAUDE_CONFIG_DIR", "/x/claude", "/x/claude/.claude.json"],
    ["codex", "CODEX_HOME", "/x/codex/", "/x/codex/config.toml"],
    ["gemini", "GEMINI_CLI_HOME", "/x/home", "/x/home/.gemini/settings.json"],
    ["vscode", "XDG_CONFIG_HOME", "/x/config", "/x/config/Code/User/mcp.json"],
    ["zed", "XDG_CONFIG_HOME", "/x/config", "/x/config/zed/settings.json"],
  ];
  for (const [id, variable, value, file] of moved) {
    assert.equal(fileOf(id, "linux", { [variable]: value })[0], file);
    assert.equal(fileOf(id, "linux", { [variable]: "relative" })[0], expected[id]!.linux);
    assert.equal(fileOf(id, "linux", { [variable]: "" })[0], expected[id]!.linux);
  }
  // Not a matter of macOS.
  assert.equal(fileOf("zed", "darwin", { XDG_CONFIG_HOME: "/x" })[0], expected.zed!.darwin);
  assert.equal(
    fileOf("vscode", "windows", { APPDATA: "D:\\roaming" })[0],
    "D:\\roaming\\Code\\User\\mcp.json",
  );
});

Deno.test("an unknown home directory is told", () => {
  for (const platform of ["linux", "darwin", "windows"] as const) {
    assert.throws(
      () => locate(clientOf("cursor"), { platform, environment: { HOME: "x" } }, () => false),
      /home directory is unknown: (HOME|USERPROFILE)/,
    );
  }
});
