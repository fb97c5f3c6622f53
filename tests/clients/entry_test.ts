/** How our entry is written, and known again. */
import assert from "node:assert/strict";
import { entryFor, isOwnEntry } from "../../lib/clients/entry.ts";
import { ownProgram } from "../../lib/launch/core_program_files.ts";
import { clientOf } from "./helper.ts";

Deno.test("the entry is what each client wants", () => {
  const plain = { command: "/usr/bin/mcpproxy", args: ["stdio"] };
  const entry = (id: string) => entryFor(clientOf(id), plain);
  for (const id of ["claude-desktop", "windsurf", "gemini", "codex", "zed"]) {
    assert.deepEqual(entry(id), plain);
  }
  for (const id of ["claude-code", "cursor", "vscode"]) {
    assert.deepEqual(entry(id), { type: "stdio", ...plain });
  }
});

Deno.test("an entry of ours is known again, whichever version and place wrote it", () => {
  const { command, args } = ownProgram();
  const own: [command: string, args: unknown][] = [
    ["/usr/local/bin/mcpproxy", ["stdio"]],
    ["mcpproxy", ["--data-dir=/x", "stdio", "--all"]],
    ["C:\\Program Files\\mcpproxy\\mcpproxy.exe", ["stdio"]],
    [command, [...args, "stdio"]],
    ["deno.exe", ["run", "-P=core", "C:\\src\\main.ts", "stdio", "--config=x"]],
  ];
  for (const [command, args] of own) assert(isOwnEntry({ command, args, env: {} }), command);
  const others: unknown[] = [
    null,
    "mcpproxy",
    [],
    { url: "http://127.0.0.1:8080/mcp" },
    { command: "mcpproxy" },
    { command: "mcpproxy", args: ["serve"] },
    { command: "mcpproxy", args: "stdio" },
    { command: "mcpproxy-go", args: ["stdio"] },
    { command: "npx", args: ["mcpproxy", "stdio"] },
    { command: "deno", args: ["run", "-A", "main.ts", "stdio"] },
    { command: "deno", args: ["run", "-P=core", "server.ts", "stdio"] },
    { command: { path: "mcpproxy" }, args: ["stdio"] },
  ];
  for (const other of others) assert(!isOwnEntry(other), JSON.stringify(other));
});
