/** The icon's files. */
import assert from "node:assert/strict";
import { type Color, drawIcon, iconColors } from "../../scripts/draw_icons.ts";
import { iconFile, iconNames, iconSizes } from "../../lib/tray/icons/icons.ts";

Deno.test("the icon files are what scripts/draw_icons.ts draws", async () => {
  const files = new Set<string>();
  for (const name of iconNames) {
    for (const size of iconSizes) {
      const file = iconFile(name, size);
      assert.deepEqual(await Deno.readFile(file), drawIcon(name, size), file.pathname);
      files.add(file.pathname.split("/").at(-1)!);
    }
  }
  const folder = Array.from(Deno.readDirSync(new URL(".", iconFile("running", 16))));
  const found = folder.map(({ name }) => name).filter((name) => name.endsWith(".png"));
  assert.deepEqual(new Set(found), files);
});

Deno.test("the icons stand out from light and from dark panels", () => {
  for (const panel of [[246, 245, 244], [255, 255, 255], [45, 45, 45], [0, 0, 0]] as const) {
    for (const { tile } of Object.values(iconColors)) {
      // WCAG 2.2, success criterion 1.4.11: 3 for graphical objects.
      assert(contrast(tile, panel) >= 3, `${tile} on ${panel}: ${contrast(tile, panel)}`);
    }
  }
});

function contrast(one: Color, other: Color): number {
  const [darker, lighter] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (lighter! + 0.05) / (darker! + 0.05);
}

/** WCAG 2.2, "relative luminance". */
function luminance(color: Color): number {
  const [red, green, blue] = color.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
