/**
 * Settings files as the clients and their users write them, each with something that an editor could lose: comments,
 * trailing commas, tabs, CR LF, a byte order mark, no line end at the end, odd spacing, numbers that no float holds.
 */

/** One file. */
export interface Sample {
  /** Id of the client. */
  client: string;
  /** What is special about it. */
  what: string;
  text: string;
  /** Names of the servers in it. */
  servers: readonly string[];
}

const crlf = (text: string) => text.replaceAll("\n", "\r\n");

export const samples: readonly Sample[] = [
  {
    client: "claude-desktop",
    what: "as Claude Desktop writes it",
    text: `{
  "mcpServers": {
    "filesystem": {
      "command": "npx",
      "args": ["-y", "@modelcontextprotocol/server-filesystem", "/home/me/Documents"]
    },
    "github": {
      "command": "npx",
      "args": [
        "-y",
        "@modelcontextprotocol/server-github"
      ],
      "env": { "GITHUB_PERSONAL_ACCESS_TOKEN": "ghp_0123456789abcdefghij" }
    }
  },
  "globalShortcut": "Alt+Space",
  "preferences": {"menuBarEnabled":false}
}`,
    servers: ["filesystem", "github"],
  },
  {
    client: "claude-desktop",
    what: "a new one, with nothing in it",
    text: "{}",
    servers: [],
  },
  {
    client: "claude-code",
    what: "with its state, on one line of odd numbers, tabs and projects with servers of their own",
    text:
      `{\n\t"numStartups" : 184,\n\t"userID": "9f86d081884c7d659a2feaa0c55ad015",\n\t"big": 12345678901234567890,\n\t"tips": 1.0e3,\n` +
      `\t"projects": {\n\t\t"/home/me/work": {\n\t\t\t"allowedTools": [ ],\n\t\t\t"mcpServers": { "local": {"command":"x"} }\n\t\t}\n\t},\n` +
      `\t"mcpServers": {\n\t\t"sentry": {\n\t\t\t"type": "http",\n\t\t\t"url": "https://mcp.sentry.dev/mcp",\n\t\t\t"headers": {"Authorization": "Bearer \${SENTRY_TOKEN}"}\n\t\t}\n\t},\n` +
      `\t"__proto__": { "polluted": true },\n\t"oauthAccount": null\n}\n`,
    servers: ["sentry"],
  },
  {
    client: "claude-code",
    what: "without any server, minified",
    text: `{"numStartups":3,"projects":{},"hasCompletedOnboarding":true}`,
    servers: [],
  },
  {
    client: "cursor",
    what: "CR LF and an empty table",
    text: crlf(`{
  "mcpServers": {
  }
}
`),
    servers: [],
  },
  {
    client: "cursor",
    what: "a server by its url and one by its command, with references",
    text: `{
    "mcpServers": {
        "linear": { "url": "https://mcp.linear.app/sse" },
        "db": {
            "type": "stdio",
            "command": "uvx",
            "args": ["mcp-server-sqlite", "--db-path", "\${userHome}/x.db"],
            "env": { "KEY": "\${env:DB_KEY}" }
        }
    }
}
`,
    servers: ["linear", "db"],
  },
  {
    client: "vscode",
    what: "comments everywhere, trailing commas, inputs",
    text: `// my servers
{
  "inputs": [
    { "type": "promptString", "id": "key", "description": "API key", "password": true }, // asked once
  ],
  "servers": {
    /* the first
       of them */
    "fetch": {
      "type": "stdio",
      "command": "uvx", // by uv
      "args": ["mcp-server-fetch"],
    }, // fetches
    "perplexity": {
      "type": "stdio",
      "command": "npx",
      "args": ["-y", "server-perplexity-ask"],
      "env": { "PERPLEXITY_API_KEY": "\${input:key}" }
    }, // asks
    // "old": { "command": "gone" }
  },
}
`,
    servers: ["fetch", "perplexity"],
  },
  {
    client: "vscode",
    what: "a comment after the last server, no trailing comma",
    text: `{
\t"servers": {
\t\t"a": {"type":"http","url":"https://example.com/mcp"} // the only one
\t\t// nothing more
\t}
}`,
    servers: ["a"],
  },
  {
    client: "windsurf",
    what: "a byte order mark, and what Windsurf adds",
    text: `\uFEFF{
  "mcpServers": {
    "remote": { "serverUrl": "https://example.com/mcp", "headers": { "API_KEY": "abcdef0123456789" } },
    "off": { "command": "off", "args": [], "disabled": true, "disabledTools": ["x"] }
  }
}
`,
    servers: ["remote", "off"],
  },
  {
    client: "gemini",
    what: "other settings around it, and comments",
    text: `{
  // look
  "ui": { "theme": "GitHub" },
  "security": { "auth": { "selectedType": "oauth-personal" } },
  "mcpServers": {
    "git": { "command": "uvx", "args": ["mcp-server-git"], "env": { "T": "$GIT_TOKEN" }, "trust": false },
    "hub": { "httpUrl": "https://api.githubcopilot.com/mcp/", "timeout": 5000 }
  },
  "tools": { "sandbox": false }
}
`,
    servers: ["git", "hub"],
  },
  {
    client: "codex",
    what: "comments, odd spacing, sub-tables, quoted names and an array of tables",
    text: `# Codex
model = "gpt-5-codex"   # the large one
approval_policy='on-request'
notify = [ "notify-send",
  "Codex", # title
]

[mcp_servers.context7]
command = "npx"
args = ["-y", "@upstash/context7-mcp"]
startup_timeout_sec = 20

  [mcp_servers.context7.env]
  KEY = "k"

[ mcp_servers."with space" ]
url = 'https://example.com/mcp'
bearer_token_env_var = "TOKEN"

[projects."/home/me/work"]
trust_level = "trusted"
since = 2026-01-02T03:04:05Z

[[things]]
n = 0x_ff
# the end`.replace("0x_ff", "0xff"),
    servers: ["context7", "with space"],
  },
  {
    client: "codex",
    what: "the servers in one inline table",
    text:
      `mcp_servers = { a = { command = "x", args = [] } } # all\n\n[tui]\nnotifications = true\n`,
    servers: ["a"],
  },
  {
    client: "codex",
    what: "dotted keys, CR LF",
    text: crlf(`model = "o3"\nmcp_servers.a.command = "x"\n\n[history]\npersistence = "none"\n`),
    servers: ["a"],
  },
  {
    client: "zed",
    what: "the comment at the top, a server of an extension",
    text: `// Zed settings
//
// For information on how to configure Zed, see the Zed
// documentation: https://zed.dev/docs/configuring-zed
{
  "context_servers": {
    "postgres-context-server": {
      "enabled": true,
      "settings": { "database_url": "postgresql://me:s3cr3tpassword@localhost/db" },
    },
    "local": {
      "command": "uv",
      "args": ["run", "main.py"],
      "env": {},
    },
  },
  "ui_font_size": 16,
  "theme": {
    "mode": "system",
    "light": "One Light", /* day */ "dark": "One Dark",
  },
}
`,
    servers: ["postgres-context-server", "local"],
  },
  {
    client: "zed",
    what: "settings, but no servers",
    text: `{\n    "vim_mode": true // yes\n}\n`,
    servers: [],
  },
];
