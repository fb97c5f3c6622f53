/**
 * The menu on the bus: com.canonical.dbusmenu, version 3, as its only specification, libdbusmenu's `dbus-menu.xml`, tells.
 * Panels ask for the menu and draw it; clicks come back as events.
 */
import { type Bus, Variant } from "./bus.ts";
import { BusRefusal, method, type OfferedInterface } from "./bus_interface.ts";
import type { MenuItem } from "./desktop.ts";
import { type MenuEntry, type MenuProperties, MenuTree } from "./menu_tree.ts";

const interfaceName = "com.canonical.dbusmenu";
/** Where panels find the menu. */
export const menuPath = "/MenuBar";

type VariantProperties = Record<string, Variant>;
type Layout = [number: number, properties: VariantProperties, children: Variant[]];
type MenuEvent = [number: number, name: string, data: unknown, timestamp: number];

/** A menu that panels can show. */
export class DbusMenu {
  readonly #tree = new MenuTree();
  readonly #onClick: (id: string) => void;
  #bus: Bus | null = null;

  /** @param onClick gets the id of each line that is clicked */
  constructor(onClick: (id: string) => void) {
    this.#onClick = onClick;
  }

  /** Offers the menu on this bus from now on. */
  offerOn(bus: Bus): void {
    this.#bus = bus;
    bus.offer(menuPath, this.#interface());
  }

  /** Shows another menu; panels are told what differs. */
  show(menu: readonly MenuItem[]): void {
    const { parent, updated, removed } = this.#tree.replace(menu);
    if (updated.length > 0 || removed.length > 0) {
      this.#bus?.emit(menuPath, interfaceName, "ItemsPropertiesUpdated", "a(ia{sv})a(ias)", [
        updated.map(([number, properties]) => [number, variants(properties)]),
        removed,
      ]);
    }
    if (parent !== null) {
      const body = [this.#tree.revision, parent];
      this.#bus?.emit(menuPath, interfaceName, "LayoutUpdated", "ui", body);
    }
  }

  #interface(): OfferedInterface {
    return {
      name: interfaceName,
      properties: {
        Version: { type: "u", get: () => 3 },
        TextDirection: { type: "s", get: () => "ltr" },
        Status: { type: "s", get: () => "normal" },
        IconThemePath: { type: "as", get: () => [] },
      },
      methods: {
        GetLayout: method<[number, number, string[]]>(
          { parentId: "i", recursionDepth: "i", propertyNames: "as" },
          { revision: "u", layout: "(ia{sv}av)" },
          (parent, depth, names) => [
            this.#tree.revision,
            layout(this.#entry(parent), depth, wanted(names)),
          ],
        ),
        GetGroupProperties: method<[number[], string[]]>(
          { ids: "ai", propertyNames: "as" },
          { properties: "a(ia{sv})" },
          (numbers, names) => {
            // A set: the answer must not grow with what a caller repeats.
            const known = this.#sort(numbers.length > 0 ? numbers : this.#tree.numbers).known;
            return [
              known.map(({ number, properties }) => [number, variants(properties, wanted(names))]),
            ];
          },
        ),
        GetProperty: method<[number, string]>(
          { id: "i", name: "s" },
          { value: "v" },
          (number, name) => {
            const value = variants(this.#entry(number).properties, new Set([name]))[name];
            if (!value) throw invalid(`Entry ${number} has no property "${name.slice(0, 50)}"`);
            return [value];
          },
        ),
        Event: method<MenuEvent>(
          { id: "i", eventId: "s", data: "v", timestamp: "u" },
          {},
          (number, name) => {
            this.#event(this.#entry(number), name);
            return [];
          },
        ),
        EventGroup: method<[MenuEvent[]]>(
          { events: "a(isvu)" },
          { idErrors: "ai" },
          (events) => {
            for (const [number, name] of events) {
              const entry = this.#tree.entry(number);
              if (entry) this.#event(entry, name);
            }
            return [this.#sort(events.map(([number]) => number)).unknown];
          },
        ),
        // Never does anything need an update first: every change was told when it was made.
        AboutToShow: method<[number]>({ id: "i" }, { needUpdate: "b" }, (number) => {
          this.#entry(number);
          return [false];
        }),
        AboutToShowGroup: method<[number[]]>(
          { ids: "ai" },
          { updatesNeeded: "ai", idErrors: "ai" },
          (numbers) => [[], this.#sort(numbers).unknown],
        ),
      },
      signals: {
        ItemsPropertiesUpdated: { updatedProps: "a(ia{sv})", removedProps: "a(ias)" },
        LayoutUpdated: { revision: "u", parent: "i" },
        ItemActivationRequested: { id: "i", timestamp: "u" },
      },
    };
  }

  #event({ item }: MenuEntry, name: string): void {
    // A click may come late, when the line has just turned grey.
    const clickable = item && !item.separator && !item.items && item.enabled !== false;
    if (name === "clicked" && clickable) this.#onClick(item.id);
  }

  #entry(number: number): MenuEntry {
    const entry = this.#tree.entry(number);
    if (!entry) throw invalid(`The menu has no entry ${number}`);
    return entry;
  }

  #sort(numbers: readonly number[]): { known: MenuEntry[]; unknown: number[] } {
    const known: MenuEntry[] = [];
    const unknown: number[] = [];
    for (const number of new Set(numbers)) {
      const entry = this.#tree.entry(number);
      if (entry) known.push(entry);
      else unknown.push(number);
    }
    return { known, unknown };
  }
}

/** @param depth how many levels under the entry; -1 (or any negative number) for all */
function layout(entry: MenuEntry, depth: number, names: ReadonlySet<string> | null): Layout {
  const children = depth === 0
    ? []
    : entry.children.map((child) => new Variant("(ia{sv}av)", layout(child, depth - 1, names)));
  return [entry.number, variants(entry.properties, names), children];
}

/** An empty list of names asks for all. */
function wanted(names: readonly string[]): ReadonlySet<string> | null {
  return names.length > 0 ? new Set(names) : null;
}

function variants(
  properties: MenuProperties,
  names: ReadonlySet<string> | null = null,
): VariantProperties {
  const typeOf = { string: "s", boolean: "b", number: "i" };
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => names === null || names.has(name))
      .map((
        [name, value],
      ) => [name, new Variant(typeOf[typeof value as keyof typeof typeOf], value)]),
  );
}

function invalid(message: string): BusRefusal {
  return new BusRefusal("org.freedesktop.DBus.Error.InvalidArgs", message);
}
