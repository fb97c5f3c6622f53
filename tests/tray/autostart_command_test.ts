import assert from "node:assert/strict";
import { ownFacts, trayCommand } from "../../lib/tray/autostart_command.ts";

Deno.test("a compiled tray is started by its own path", () => {
  const facts = { ...ownFacts(), standalone: true, program: "/opt/a b/mcpproxy-tray" };
  assert.deepEqual(trayCommand(facts, ["--data-dir", "/d"]), [
    "/opt/a b/mcpproxy-tray",
    "--data-dir",
    "/d",
  ]);
});

Deno.test("in a checkout Deno is told where everything lies", () => {
  const facts = {
    standalone: false,
    program: "/usr/bin/deno",
    manifest: "file:///src/a%20b/deno.json",
    script: "file:///src/a%20b/tray.ts",
    permissions: "tray",
  } as const;
  assert.deepEqual(trayCommand(facts, ["--headless"]), [
    ...["/usr/bin/deno", "run", "-q", "--no-prompt", "--config=/src/a b/deno.json", "-P=tray"],
    ...["/src/a b/tray.ts", "--headless"],
  ]);
});

Deno.test("in this checkout these files exist", () => {
  const [program, ...rest] = trayCommand(ownFacts(), []);
  assert.equal(program, Deno.execPath());
  const manifest = rest.find((word) => word.startsWith("--config="))!.slice("--config=".length);
  for (const path of [program!, manifest, rest.at(-1)!]) assert(Deno.statSync(path).isFile, path);
});
