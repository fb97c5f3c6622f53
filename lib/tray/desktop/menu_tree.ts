/**
 * The menu as com.canonical.dbusmenu sees it: numbered entries with properties. Tells what differs from one menu to the
 * next, so that only that has to be sent.
 */
import type { MenuItem } from "./desktop.ts";
import { oneLine } from "./text.ts";

/** Of one entry, by name; what is not there has the value that the protocol gives it by default. */
export type MenuProperties = Readonly<Record<string, string | boolean | number>>;

/** A line of the menu, or the menu itself. */
export interface MenuEntry {
  /** 0 is the menu itself. */
  readonly number: number;
  /** Null for the menu itself. */
  readonly item: MenuItem | null;
  readonly properties: MenuProperties;
  readonly children: readonly MenuEntry[];
}

/** What differs from the menu before. */
export interface MenuChange {
  /** The entry under which all lines lie that came, went or moved; null if none did. */
  parent: number | null;
  /** Entries with properties that came or have another value. */
  updated: [number: number, properties: MenuProperties][];
  /** Entries with properties that went. */
  removed: [number: number, names: string[]][];
}

const labelLimit = 120;
const emptyMenu: MenuEntry = {
  number: 0,
  item: null,
  properties: { "children-display": "submenu" },
  children: [],
};

/** A menu that changes. */
export class MenuTree {
  #revision = 1;
  #next = 1;
  /** Numbers in use. A number is never given to another line: a click may be under way. */
  #numbers = new Map<string, number>();
  #entries = new Map([[0, emptyMenu]]);

  /** Grows whenever lines come, go or move. */
  get revision(): number {
    return this.#revision;
  }

  /** Numbers of all entries. */
  get numbers(): number[] {
    return [...this.#entries.keys()];
  }

  /** @returns undefined if no entry has this number */
  entry(number: number): MenuEntry | undefined {
    return this.#entries.get(number);
  }

  /**
   * Puts another menu in place of the present one. A line keeps its number as long as its id stays in the menu.
   * @returns what differs
   */
  replace(menu: readonly MenuItem[]): MenuChange {
    const before = this.#entries;
    const numbers = new Map<string, number>();
    const entries = new Map<number, MenuEntry>();

    const number = (item: MenuItem): number => {
      // Two lines may have one id, such as all separators; each is a line of its own.
      for (let twin = 0;; twin++) {
        const key = `${twin} ${item.separator ? "separator" : "item"} ${item.id}`;
        if (numbers.has(key)) continue;
        const number = this.#numbers.get(key) ?? this.#next++;
        numbers.set(key, number);
        return number;
      }
    };
    const enter = (item: MenuItem): MenuEntry => {
      const entry: MenuEntry = {
        number: number(item),
        item,
        properties: propertiesOf(item),
        children: item.separator ? [] : (item.items ?? []).map(enter),
      };
      entries.set(entry.number, entry);
      return entry;
    };
    entries.set(0, { ...emptyMenu, children: menu.map(enter) });

    this.#entries = entries;
    this.#numbers = numbers;
    const change = difference(before, entries);
    if (change.parent !== null) this.#revision++;
    return change;
  }
}

function propertiesOf(item: MenuItem): MenuProperties {
  if (item.separator) return { type: "separator" };
  return {
    // An underscore marks the next letter as the one to type; two are one to see.
    label: oneLine(item.label ?? "", labelLimit).replaceAll("_", "__"),
    enabled: item.enabled ?? true,
    ...item.checked === undefined
      ? {}
      : { "toggle-type": "checkmark", "toggle-state": item.checked ? 1 : 0 },
    ...item.items ? { "children-display": "submenu" } : {},
  };
}

function difference(
  before: ReadonlyMap<number, MenuEntry>,
  after: ReadonlyMap<number, MenuEntry>,
): MenuChange {
  const parents: number[] = [];
  const updated: MenuChange["updated"] = [];
  const removed: MenuChange["removed"] = [];
  for (const [number, { properties, children }] of after) {
    const former = before.get(number);
    if (!former) continue;
    if (numbersOf(former.children) !== numbersOf(children)) parents.push(number);
    const changed = Object.entries(properties).filter(([name, value]) =>
      former.properties[name] !== value
    );
    if (changed.length > 0) updated.push([number, Object.fromEntries(changed)]);
    const gone = Object.keys(former.properties).filter((name) => !Object.hasOwn(properties, name));
    if (gone.length > 0) removed.push([number, gone]);
  }
  const parent = parents.length === 0 ? null : parents.length === 1 ? parents[0]! : 0;
  return { parent, updated, removed };
}

function numbersOf(entries: readonly MenuEntry[]): string {
  return entries.map(({ number }) => number).join();
}
