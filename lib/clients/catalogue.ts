/**
 * The AI clients we know: where each keeps its user's settings, and in which form it wants its MCP servers. Data; a client
 * whose format is like another's is one more entry here.
 */

/** The folders of a user that settings are kept in, absolute. */
export interface Bases {
  home: string;
  /** Where applications keep their settings: `~/.config`, `~/Library/Application Support` or `%APPDATA%`. */
  config: string;
  /** `%LOCALAPPDATA%`; null but on Windows. */
  local: string | null;
}

/** A place where a client may keep its settings; both as steps below a base. */
export interface Place {
  /** Exists where the client is installed. */
  folder: readonly string[];
  file: readonly string[];
}

/** An AI client. */
export interface ClientDescription {
  /** What it is called on our command line. */
  id: string;
  /** What it is called by its makers. */
  title: string;
  /** "jsonc": JSON with comments and trailing commas. */
  format: "json" | "jsonc" | "toml";
  /** The table of the file that holds the servers, by name. */
  table: string;
  /** What the entry of a server that is started holds beside `command` and `args`. */
  fields: Readonly<Record<string, string>>;
  /**
   * How it writes a variable of the environment in a value: "env" `${env:NAME}`, "shell" `${NAME}` (and `$NAME` where
   * `bare`), "none" not at all.
   */
  references: { style: "env" | "shell" | "none"; bare?: boolean };
  /** What a url without a type means to it; "auto" if it tries. */
  plainUrl: "auto" | "http" | "sse";
  /** The most likely place first; the last one counts if none exists. */
  places(bases: Bases): Place[];
  /** A variable that moves the settings, and where they are then, below its value. */
  moved?: { variable: string; file: readonly string[] };
  /** What makes it see the change. */
  after: string;
}

/** Every client, in the order in which they are shown. */
export const clients: readonly ClientDescription[] = [
  {
    // https://modelcontextprotocol.io/docs/develop/connect-local-servers
    id: "claude-desktop",
    title: "Claude Desktop",
    format: "json",
    table: "mcpServers",
    fields: {},
    references: { style: "none" },
    plainUrl: "auto",
    places: ({ config, local }) => {
      const name = "claude_desktop_config.json";
      const plain = { folder: [config, "Claude"], file: [config, "Claude", name] };
      if (local === null) return [plain];
      // Windows gives a packaged app (MSIX, how it is installed since 2026) a roaming folder of its own, which it reads
      // instead: learn.microsoft.com/windows/msix/desktop/desktop-to-uwp-behind-the-scenes#file-system. The end of the
      // name is a hash of the publisher, and the same everywhere.
      const folder = [local, "Packages", "Claude_pzs8sxrjxfjjc"];
      return [{ folder, file: [...folder, "LocalCache", "Roaming", "Claude", name] }, plain];
    },
    after: "Quit Claude Desktop and start it again.",
  },
  {
    // https://code.claude.com/docs/en/mcp#user-scope and /en/env-vars (CLAUDE_CONFIG_DIR)
    id: "claude-code",
    title: "Claude Code",
    format: "json",
    table: "mcpServers",
    fields: { type: "stdio" },
    references: { style: "shell" },
    plainUrl: "http",
    places: ({ home }) => [{ folder: [home, ".claude"], file: [home, ".claude.json"] }],
    moved: { variable: "CLAUDE_CONFIG_DIR", file: [".claude.json"] },
    after: "Sessions that you start from now on have it; /mcp shows it.",
  },
  {
    // https://cursor.com/docs/context/mcp
    id: "cursor",
    title: "Cursor",
    format: "jsonc",
    table: "mcpServers",
    fields: { type: "stdio" },
    references: { style: "env" },
    plainUrl: "auto",
    places: ({ home }) => [{ folder: [home, ".cursor"], file: [home, ".cursor", "mcp.json"] }],
    after: "Cursor sees it at once; it is listed in its settings under MCP.",
  },
  {
    // https://code.visualstudio.com/docs/copilot/reference/mcp-configuration; the folder of the user's default profile:
    // https://code.visualstudio.com/docs/configure/settings#_user-settingsjson-location
    id: "vscode",
    title: "VS Code",
    format: "jsonc",
    table: "servers",
    fields: { type: "stdio" },
    references: { style: "env" },
    plainUrl: "http",
    places: ({ config }) => [{
      folder: [config, "Code"],
      file: [config, "Code", "User", "mcp.json"],
    }],
    after: 'VS Code asks whether you trust it when it starts it: "MCP: List Servers".',
  },
  {
    // https://docs.windsurf.com/windsurf/cascade/mcp
    id: "windsurf",
    title: "Windsurf",
    format: "jsonc",
    table: "mcpServers",
    fields: {},
    references: { style: "env" },
    plainUrl: "auto",
    places: ({ home }) => {
      const folder = [home, ".codeium", "windsurf"];
      return [{ folder, file: [...folder, "mcp_config.json"] }];
    },
    after: "Press the refresh button in Windsurf's MCP settings.",
  },
  {
    // https://geminicli.com/docs/tools/mcp-server and /docs/cli/configuration; GEMINI_CLI_HOME stands for the home
    // directory: packages/core/src/utils/paths.ts of google-gemini/gemini-cli
    id: "gemini",
    title: "Gemini CLI",
    format: "jsonc",
    table: "mcpServers",
    fields: {},
    references: { style: "shell", bare: true },
    plainUrl: "sse",
    places: ({ home }) => [{ folder: [home, ".gemini"], file: [home, ".gemini", "settings.json"] }],
    moved: { variable: "GEMINI_CLI_HOME", file: [".gemini", "settings.json"] },
    after: "Start Gemini CLI again; /mcp shows it.",
  },
  {
    // https://developers.openai.com/codex/mcp and /codex/config-reference (CODEX_HOME)
    id: "codex",
    title: "Codex",
    format: "toml",
    table: "mcp_servers",
    fields: {},
    references: { style: "none" },
    plainUrl: "http",
    places: ({ home }) => [{ folder: [home, ".codex"], file: [home, ".codex", "config.toml"] }],
    moved: { variable: "CODEX_HOME", file: ["config.toml"] },
    after: "Start Codex again; /mcp shows it.",
  },
  {
    // https://zed.dev/docs/ai/mcp and /docs/configuring-zed; the folders: crates/paths/src/paths.rs of
    // zed-industries/zed. Since November 2025 Zed removes the "source" that it wanted before.
    id: "zed",
    title: "Zed",
    format: "jsonc",
    table: "context_servers",
    fields: {},
    references: { style: "none" },
    plainUrl: "http",
    places: ({ home, config, local }) => {
      const folder = local !== null
        ? [config, "Zed"]
        // ~/.config on macOS too
        : [config.startsWith(`${home}/Library/`) ? `${home}/.config` : config, "zed"];
      return [{ folder, file: [...folder, "settings.json"] }];
    },
    after: "Zed sees it at once; its Agent Panel lists it in the settings.",
  },
];
