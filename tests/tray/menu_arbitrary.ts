/** Menus by chance, for tests that look for what nobody thought of. */
import fc from "fast-check";
import type { MenuItem } from "../../lib/tray/desktop/desktop.ts";

/** A menu of few ids, so that two of them have lines in common, and one id comes twice now and then. */
export const anyMenu: fc.Arbitrary<MenuItem[]> = level(2);

function level(depth: number): fc.Arbitrary<MenuItem[]> {
  const id = fc.constantFrom("a", "b", "c", "d", "e", "f");
  const line = fc.record({
    id,
    label: fc.constantFrom("One", "Two_x", "Three"),
    checked: fc.boolean(),
    enabled: fc.boolean(),
  }, { requiredKeys: ["id"] });
  const separator = fc.record({ id, separator: fc.constant(true) });
  if (depth === 0) return fc.array(fc.oneof(line, separator), { maxLength: 4 });
  const submenu = fc.record({ id, label: fc.constant("More"), items: level(depth - 1) });
  return fc.array(fc.oneof(line, separator, submenu), { maxLength: 5 });
}
