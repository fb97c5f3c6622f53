/** By which command a client starts `mcpproxy stdio`. */
import assert from "node:assert/strict";
import { lastingProgram } from "../../lib/launch/stdio_command.ts";

Deno.test("a link on the PATH outlasts the version that it leads to", () => {
  const program = { command: "/opt/cellar/mcpproxy/1.2/bin/mcpproxy", args: ["x"] };
  const links: Record<string, string> = {
    "/other/mcpproxy": "/opt/else/mcpproxy",
    "/opt/bin/mcpproxy": program.command,
    "bin/mcpproxy": program.command,
  };
  const found = (PATH: string) =>
    lastingProgram(
      program,
      { PATH },
      (path) => links[path] ?? (path === program.command ? path : null),
    );
  assert.deepEqual(found("bin:/other:/opt/bin"), { command: "/opt/bin/mcpproxy", args: ["x"] });
  assert.deepEqual(found("/usr/bin"), program);
  assert.deepEqual(found(""), program);
});
