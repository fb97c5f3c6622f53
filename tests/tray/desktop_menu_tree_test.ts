/** What the menu's model says of a menu, and of the difference between two. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { MenuItem } from "../../lib/tray/desktop/desktop.ts";
import { type MenuChange, type MenuEntry, MenuTree } from "../../lib/tray/desktop/menu_tree.ts";
import { anyMenu } from "./menu_arbitrary.ts";

Deno.test("a panel that follows the changes sees what one sees that asks anew", () => {
  fc.assert(fc.property(fc.array(anyMenu, { minLength: 1, maxLength: 4 }), (menus) => {
    const tree = new MenuTree();
    const panel = new Follower(tree);
    for (const menu of menus) {
      panel.follow(tree.replace(menu));
      assert.deepEqual(panel.seen(), new Follower(tree).seen());
      assert.deepEqual(shape(tree.entry(0)!), menu.map(itemShape));
    }
  }));
});

Deno.test("the same holds if only labels, checkmarks and greys differ", () => {
  const changes = fc.array(fc.nat({ max: 7 }), { minLength: 30, maxLength: 30 });
  fc.assert(fc.property(anyMenu, changes, (menu, changes) => {
    const tree = new MenuTree();
    tree.replace(menu);
    const panel = new Follower(tree);
    const change = tree.replace(touched(menu, changes.values()));
    assert.equal(change.parent, null);
    panel.follow(change);
    assert.deepEqual(panel.seen(), new Follower(tree).seen());
  }));
});

Deno.test("the same menu again is no change", () => {
  fc.assert(fc.property(anyMenu, (menu) => {
    const tree = new MenuTree();
    tree.replace(menu);
    const { revision } = tree;
    assert.deepEqual(tree.replace(structuredClone(menu)), {
      parent: null,
      updated: [],
      removed: [],
    });
    assert.equal(tree.revision, revision);
  }));
});

Deno.test("a line keeps its number while it is in the menu, and nobody else gets it", () => {
  const tree = new MenuTree();
  const numberOf = (id: string) => find(tree, id)?.number;
  tree.replace([{ id: "a" }, { id: "b" }]);
  const [a, b] = [numberOf("a"), numberOf("b")];
  tree.replace([{ id: "more", items: [{ id: "b" }] }, { id: "a", label: "Other" }]);
  assert.deepEqual([numberOf("a"), numberOf("b")], [a, b]);
  tree.replace([{ id: "c" }, { id: "a" }]);
  assert.equal(numberOf("a"), a);
  assert.notEqual(numberOf("c"), b);
  assert.equal(tree.entry(b!), undefined);
});

Deno.test("only what differs is told", () => {
  const tree = new MenuTree();
  const menu = (label: string, checked?: boolean, more: MenuItem[] = []): MenuItem[] => [
    { id: "line", label, ...checked === undefined ? {} : { checked } },
    { id: "submenu", label: "More", items: [{ id: "inner", label: "Inner" }, ...more] },
  ];
  tree.replace(menu("One"));
  const { revision } = tree;
  assert.deepEqual(tree.replace(menu("Two")), {
    parent: null,
    updated: [[1, { label: "Two" }]],
    removed: [],
  });
  assert.deepEqual(tree.replace(menu("Two", true)), {
    parent: null,
    updated: [[1, { "toggle-type": "checkmark", "toggle-state": 1 }]],
    removed: [],
  });
  assert.deepEqual(tree.replace(menu("Two", false)).updated, [[1, { "toggle-state": 0 }]]);
  assert.deepEqual(tree.replace(menu("Two")).removed, [[1, ["toggle-type", "toggle-state"]]]);
  assert.equal(tree.revision, revision);

  const submenu = find(tree, "submenu")!.number;
  const { parent, updated } = tree.replace(menu("Two", undefined, [{ id: "new" }]));
  assert.deepEqual({ parent, updated }, { parent: submenu, updated: [] });
  assert.equal(tree.revision, revision + 1);
});

Deno.test("labels are one line that plays no tricks", () => {
  const label = (text: string) => {
    const tree = new MenuTree();
    tree.replace([{ id: "line", label: text }]);
    return tree.entry(1)!.properties["label"] as string;
  };
  assert.equal(label("my_server__name"), "my__server____name");
  assert.equal(label("  two\r\n lines\t"), "two lines");
  assert.equal(label("a\0b\u202ec\u2028d"), "a b c d");
  assert.equal(label("half \ud83d of a pair"), "half \ufffd of a pair");
  assert.equal(label("é".repeat(500)), `${"é".repeat(119)}…`);
  assert.equal([...label("😀".repeat(500))].length, 120);
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
    const shown = label(text).replaceAll("__", "_");
    assert([...shown].length <= 120 && shown.isWellFormed());
    assert(!/\p{Cc}/u.test(shown));
  }));
});

/** A panel that asks for the menu once and then believes what it is told. */
class Follower {
  readonly #tree: MenuTree;
  readonly #properties = new Map<number, Record<string, unknown>>();
  readonly #children = new Map<number, number[]>();

  constructor(tree: MenuTree) {
    this.#tree = tree;
    this.#ask(0);
  }

  follow({ parent, updated, removed }: MenuChange): void {
    for (const [number, properties] of updated) {
      Object.assign(this.#properties.get(number)!, properties);
    }
    for (const [number, names] of removed) {
      for (const name of names) delete this.#properties.get(number)![name];
    }
    if (parent !== null) this.#ask(parent);
  }

  seen(number = 0): unknown {
    const children = this.#children.get(number)!.map((child) => this.seen(child));
    return { number, properties: this.#properties.get(number), children };
  }

  #ask(number: number): void {
    const { properties, children } = this.#tree.entry(number)!;
    this.#properties.set(number, { ...properties });
    this.#children.set(number, children.map((child) => child.number));
    for (const child of children) this.#ask(child.number);
  }
}

/** The menu with other properties but the same lines. @param changes which ones of each line, as bits */
function touched(menu: readonly MenuItem[], changes: Iterator<number>): MenuItem[] {
  return menu.map(({ checked, ...item }) => {
    const bits = changes.next().value ?? 0;
    if (bits & 1) item.label = `${item.label}!`;
    if (bits & 2) item.enabled = !item.enabled;
    if (item.items) item.items = touched(item.items, changes);
    return { ...item, ...bits & 4 ? {} : { checked: !checked } };
  });
}

function find(tree: MenuTree, id: string): MenuEntry | undefined {
  return tree.numbers.map((number) => tree.entry(number)!).find(({ item }) => item?.id === id);
}

function shape(entry: MenuEntry): unknown[] {
  return entry.children.map((child) => [child.item!.id, shape(child)]);
}

function itemShape(item: MenuItem): unknown {
  return [item.id, (item.items ?? []).map(itemShape)];
}
