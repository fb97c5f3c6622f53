import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { UserError } from "../../lib/errors.ts";
import { requireTarget, runToEnd } from "../../lib/tray/desktop/desktop_helper_run.ts";
import { icoOf } from "../../lib/tray/desktop/icon_windows.ts";
import { iconFile, iconSizes } from "../../lib/tray/icons/icons.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

Deno.test("programs: text arrives whole by environment and standard input, whatever is in it", async () => {
  using folder = temporaryFolder();
  const out = join(folder.path, "out");
  const script = `Deno.writeTextFileSync(${JSON.stringify(out)}, JSON.stringify([` +
    `Deno.env.get("MCPPROXY_BODY"), await new Response(Deno.stdin.readable).text()]));`;
  const hostile = `" ' $(id) \`id\` %PATH% & | > \\ \n end ä 😀 -e`;
  const options = { env: { MCPPROXY_BODY: hostile }, input: hostile };
  assert.equal(await runToEnd(Deno.execPath(), ["eval", script], options), true);
  assert.deepEqual(JSON.parse(Deno.readTextFileSync(out)), [hostile, hostile]);
});

Deno.test("programs: one that fails, or is not there, is told", async () => {
  assert.equal(await runToEnd(Deno.execPath(), ["eval", "Deno.exit(3)"]), false);
  assert.equal(await runToEnd("/nowhere/program", [], { input: "x".repeat(1_000_000) }), false);
  const deaf = ["eval", "Deno.exit(0)"];
  assert.equal(await runToEnd(Deno.execPath(), deaf, { input: "x".repeat(1_000_000) }), true);
});

Deno.test("targets: absolute paths and web addresses pass, everything else does not", () => {
  for (const target of ["/home/ada/.mcpproxy/logs", "/a b/-x", "https://localhost/ui/?apikey=x"]) {
    requireTarget(target);
  }
  const refused = ["", "-a", "file:///etc/passwd", "javascript:alert(1)", "calculator:", "x.json"];
  for (const target of [...refused, "/a\0b", "https://", "//evil\0", "ms-settings:"]) {
    assert.throws(() => requireTarget(target), UserError, target);
  }
});

Deno.test("icons of Windows: a directory of pictures, each where it says", () => {
  const pictures = fc.array(
    fc.record({ size: fc.integer({ min: 1, max: 255 }), png: fc.uint8Array({ maxLength: 50 }) }),
  );
  fc.assert(fc.property(pictures, (pictures) => {
    const bytes = icoOf(pictures);
    const view = new DataView(bytes.buffer);
    assert.deepEqual([view.getUint16(0, true), view.getUint16(2, true)], [0, 1]);
    assert.equal(view.getUint16(4, true), pictures.length);
    for (const [index, { size, png }] of pictures.entries()) {
      const entry = 6 + 16 * index;
      assert.deepEqual([bytes[entry], bytes[entry + 1], bytes[entry + 2]], [size, size, 0]);
      const length = view.getUint32(entry + 8, true);
      const offset = view.getUint32(entry + 12, true);
      assert.deepEqual(bytes.subarray(offset, offset + length), png);
    }
  }));
});

Deno.test("icons of Windows: ours have 32 bits a pixel, as they have to", () => {
  for (const size of iconSizes) {
    const png = Deno.readFileSync(iconFile("running", size));
    const view = new DataView(png.buffer);
    assert.deepEqual([view.getUint32(16), view.getUint32(20)], [size, size]);
    assert.deepEqual([png[24], png[25]], [8, 6], "8 bits of red, green, blue and alpha");
  }
});
