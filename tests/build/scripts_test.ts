/** The files that are not TypeScript: they are read by what else reads them. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { testWithPrograms } from "../support/programs.ts";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

testWithPrograms("shellcheck finds nothing in the shell scripts", ["shellcheck"], async () => {
  const files = ["install.sh", "scripts/build/portable_header.sh", ".ci/run"].map(path);
  const { success, stdout } = await new Deno.Command("shellcheck", { args: files }).output();
  assert(success, new TextDecoder().decode(stdout));
});

testWithPrograms("systemd understands the unit", ["systemd-analyze"], async () => {
  const folder = await Deno.makeTempDir();
  try {
    // It looks for the program, too.
    const unit = (await Deno.readTextFile(path("contrib/systemd/mcpproxy.service")))
      .replace("%h/.local/bin/mcpproxy serve", "/bin/true");
    await Deno.writeTextFile(`${folder}/mcpproxy.service`, unit);
    const { success, stderr } = await new Deno.Command("systemd-analyze", {
      args: ["--user", "verify", `${folder}/mcpproxy.service`],
      env: { XDG_RUNTIME_DIR: folder },
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert(success, text);
    assert.equal(text, "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
