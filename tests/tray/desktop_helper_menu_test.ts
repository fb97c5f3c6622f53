import assert from "node:assert/strict";
import fc from "fast-check";
import {
  changedItems,
  type HelperItem,
  helperMenu,
} from "../../lib/tray/desktop/desktop_helper_menu.ts";
import type { MenuItem } from "../../lib/tray/desktop/desktop.ts";
import { anyMenu } from "./menu_arbitrary.ts";

const asIs = (label: string) => label;

Deno.test("changes make one menu of another of its shape", () => {
  fc.assert(fc.property(anyMenu, fc.infiniteStream(fc.nat(5)), (menu, choices) => {
    const other = relabelled(menu, () => choices.next().value!);
    const before = helperMenu(menu, asIs);
    const after = helperMenu(other, asIs);
    assert.equal(before.shape, after.shape);
    const items = structuredClone(before.items);
    for (const change of changedItems(before, after)) {
      assert(!("items" in change));
      Object.assign(itemOf(items, change.__id), change);
    }
    assert.deepEqual(items, after.items);
    assert.deepEqual(changedItems(before, before), []);
  }));
});

Deno.test("menus have one shape only if their lines stand alike", () => {
  fc.assert(
    fc.property(anyMenu, anyMenu, (one, other) => {
      const shapes = [one, other].map((menu) => helperMenu(menu, asIs).shape);
      const outlines = [one, other].map((menu) => JSON.stringify(outline(menu, 0)));
      assert.equal(shapes[0] === shapes[1], outlines[0] === outlines[1]);
    }),
    { numRuns: 300 },
  );
});

Deno.test("numbers are those of the view's items, each once", () => {
  fc.assert(fc.property(anyMenu, (menu) => {
    const { items, ids } = helperMenu(menu, asIs);
    const numbers = flat(items).map(({ __id }) => __id);
    assert.deepEqual(numbers, [...ids.keys()]);
    assert.deepEqual(numbers, numbers.map((_, index) => index + 1));
  }));
});

Deno.test("labels: no separator by name, none empty, none long, escaped as the platform wants", () => {
  const titles = ["<SEPARATOR>", "", "\u0007", "x".repeat(500), "a & b"].map((label) =>
    helperMenu([{ id: "a", label }], (label) => label.replaceAll("&", "&&")).items[0]!.title
  );
  assert.deepEqual(titles, ["<SEPARATOR> ", " ", " ", `${"x".repeat(119)}…`, "a && b"]);
});

Deno.test("a separator in a submenu is left out", () => {
  const menu = [{ id: "a", label: "A", items: [{ id: "b", separator: true }, { id: "c" }] }];
  const { items, ids } = helperMenu(menu, asIs);
  assert.deepEqual([...ids.values()], ["a", "c"]);
  assert.equal(items[0]!.items!.length, 1);
});

function relabelled(menu: readonly MenuItem[], choose: () => number): MenuItem[] {
  return menu.map((item) => {
    if (item.separator) return item;
    return {
      ...item,
      id: `${item.id}${choose()}`,
      label: `${choose()}`,
      enabled: choose() > 2,
      checked: choose() > 2,
      ...item.items ? { items: relabelled(item.items, choose) } : {},
    };
  });
}

function outline(menu: readonly MenuItem[], depth: number): unknown[] {
  return menu.filter(({ separator }) => !separator || depth === 0).map((item) => {
    if (item.separator) return "separator";
    const inner = item.items?.length ? ["", ...outline(item.items, depth + 1)] : "";
    return inner;
  });
}

function itemOf(items: HelperItem[], number: number): HelperItem {
  return flat(items).find(({ __id }) => __id === number)!;
}

function flat(items: readonly HelperItem[]): HelperItem[] {
  return items.flatMap((item) => [item, ...flat(item.items ?? [])]);
}
