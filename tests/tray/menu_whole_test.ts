import assert from "node:assert/strict";
import { viewOf } from "../../lib/tray/menu.ts";
import type { TrayModel } from "../../lib/tray/model.ts";
import { connected, core, drawn, model, server } from "./menu_models.ts";

function shows(model: TrayModel, expected: string): void {
  const { icon, tooltip, menu } = viewOf(model);
  assert.equal(`\n[${icon}] ${tooltip}\n${drawn(menu)}`, expected);
}

Deno.test("the whole menu: a core of ours runs", () => {
  const servers = [
    server("files"),
    server("git", { state: "error", last_error: "spawn uvx ENOENT" }),
    server("web", { state: "disabled", enabled: false }),
  ];
  shows(
    model(connected(true), { servers, startsAtLogin: true }),
    `
[attention] mcpproxy: Running, 1 of 3 servers, 1 failing
- mcpproxy 1.2.3 — Running
- Listens on 127.0.0.1:8080 · pid 4711
- Unix socket: /home/ada/.mcpproxy/mcpproxy.sock
  ---
- Start Core
  Stop Core
  Restart Core
  ---
  ⚠ Servers (1 of 3 connected, 1 failing)
      files — 12 tools
        - Ready, 12 tools
          Disable
          Restart
          Open Log
      ⚠ git — error
        - Error: spawn uvx ENOENT
          Disable
          Restart
          Open Log
      web — disabled
        - Disabled
          Enable
        - Restart
          Open Log
  Open Dashboard
  Copy MCP Address
  Copy Client Config
  ---
  Open Config
  Open Logs
x Start at Login
  ---
  Quit
`,
  );
});

Deno.test("the whole menu: a core that was started elsewhere, by TCP, without a dashboard", () => {
  shows(
    model(connected(false), {
      core: { ...core, transport: "tcp", endpoint: "http://127.0.0.1:8080", web_ui_url: null },
      servers: [],
    }),
    `
[running] mcpproxy: Running, started elsewhere
- mcpproxy 1.2.3 — Running, started elsewhere
- Listens on 127.0.0.1:8080 · pid 4711
- TCP, with the API key: http://127.0.0.1:8080
  ---
- Start Core
- Stop Core (started elsewhere)
- Restart Core (started elsewhere)
  ---
  Servers (none)
    - Add one in the config file
  Copy MCP Address
  Copy Client Config
  ---
  Open Config
  Open Logs
o Start at Login
  ---
  Quit
`,
  );
});

Deno.test("the whole menu: the port is in use", () => {
  const problem = "Port 8080 of 127.0.0.1 is used by node (pid 77)";
  shows(
    model({ name: "failed", failure: "port_in_use" }, { problem }),
    `
[attention] mcpproxy: Port in use: Port 8080 of 127.0.0.1 is used by node …
- mcpproxy 1.2.3 — Port in use
- Port 8080 of 127.0.0.1 is used by node (pid 77)
  Use a Free Port
  Retry
  ---
  Start Core
- Stop Core
- Restart Core
  ---
- Servers
    - The core is not running
- Copy MCP Address
- Copy Client Config
  ---
  Open Config
  Open Logs
o Start at Login
  ---
  Quit
`,
  );
});

Deno.test("the whole menu: the core ended by itself", () => {
  shows(
    model({ name: "backing_off", attempt: 2 }),
    `
[busy] mcpproxy: Starting again soon…
- mcpproxy 1.2.3 — Starting again soon…
- The core ended by itself; attempt 3 of 5 follows
  ---
  Start Core
  Stop Core
- Restart Core
  ---
- Servers
    - The core is not running
- Copy MCP Address
- Copy Client Config
  ---
  Open Config
  Open Logs
o Start at Login
  ---
  Quit
`,
  );
});

Deno.test("the whole menu: stopped", () => {
  shows(
    model({ name: "stopped" }),
    `
[stopped] mcpproxy: Stopped
- mcpproxy 1.2.3 — Stopped
- No core runs
  ---
  Start Core
- Stop Core
- Restart Core
  ---
- Servers
    - The core is not running
- Copy MCP Address
- Copy Client Config
  ---
  Open Config
  Open Logs
o Start at Login
  ---
  Quit
`,
  );
});
