/** The menu on the bus, and what happens when callers are not panels. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Bus, connectBus, Variant } from "../../lib/tray/desktop/bus.ts";
import type { MenuItem, TrayView } from "../../lib/tray/desktop/desktop.ts";
import { MessageBus } from "../support/message_bus.ts";
import { testWithPrograms } from "../support/programs.ts";
import { DesktopSession } from "./desktop_session.ts";
import { FakePanel } from "./fake_panel.ts";

const menu: MenuItem[] = [
  { id: "open", label: "Open" },
  { id: "line", separator: true },
  { id: "mute", label: "Mute", checked: true },
  {
    id: "more",
    label: "More",
    items: [{ id: "inner", label: "Inner" }, { id: "grey", label: "Grey", enabled: false }],
  },
];
const view = (items: MenuItem[]): TrayView => ({
  icon: "stopped",
  tooltip: "mcpproxy",
  menu: items,
});
/** Their numbers, in the order in which they were first seen. */
const [open, line, mute, more, inner, grey] = [1, 2, 3, 4, 5, 6];
const nobody = 99;

/** Runs a test with this menu in a fake panel. */
function testMenu(
  title: string,
  test: (parts: { panel: FakePanel; session: DesktopSession; bus: MessageBus }) => Promise<void>,
): void {
  testWithPrograms(title, ["dbus-daemon", "gdbus"], async () => {
    await using bus = await MessageBus.start();
    await using panel = await FakePanel.start(bus.socket);
    await using session = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
    session.desktop.show(view(menu));
    await session.hostIs(true);
    panel.signals.length = 0;
    await test({ panel, session, bus });
  });
}

testMenu("the layout is what GLib reads as a menu", async ({ panel, bus }) => {
  // A reader that is not ours, and checks what it reads.
  const { stdout } = await new Deno.Command("gdbus", {
    args: [
      ...["call", "--address", bus.address, "--dest", await panel.icon()],
      ...["--object-path", "/MenuBar", "--method", "com.canonical.dbusmenu.GetLayout"],
      ...["--", "0", "-1", "[]"],
    ],
  }).output();
  assert.equal(
    new TextDecoder().decode(stdout).trim(),
    "(uint32 2, (0, {'children-display': <'submenu'>}, [" +
      "<(1, {'label': <'Open'>, 'enabled': <true>}, @av [])>, " +
      "<(2, {'type': <'separator'>}, @av [])>, " +
      "<(3, {'label': <'Mute'>, 'enabled': <true>, 'toggle-type': <'checkmark'>, 'toggle-state': <1>}, @av [])>, " +
      "<(4, {'label': <'More'>, 'enabled': <true>, 'children-display': <'submenu'>}, [" +
      "<(5, {'label': <'Inner'>, 'enabled': <true>}, @av [])>, " +
      "<(6, {'label': <'Grey'>, 'enabled': <false>}, @av [])>])>]))",
  );
});

testMenu("a layout goes as deep, and tells as much, as was asked for", async ({ panel }) => {
  const layout = async (parent: number, depth: number, ...names: string[]) => {
    const [, root] = await panel.menu("GetLayout", "iias", parent, depth, names);
    return plain(root);
  };
  assert.deepEqual(await layout(0, 0, "label"), [0, {}, []]);
  assert.deepEqual(await layout(0, 1, "label"), [0, {}, [
    [open, { label: "Open" }, []],
    [line, {}, []],
    [mute, { label: "Mute" }, []],
    [more, { label: "More" }, []],
  ]]);
  const submenu = [more, { label: "More" }, [
    [inner, { label: "Inner" }, []],
    [grey, { label: "Grey" }, []],
  ]];
  for (const depth of [1, 2, 2147483647, -1, -2147483648]) {
    assert.deepEqual(await layout(more, depth, "label"), submenu);
  }
  assert.deepEqual(await layout(grey, -1, "enabled", "nonsense"), [grey, { enabled: false }, []]);
  for (const parent of [nobody, -1]) await assert.rejects(layout(parent, -1), /no entry/);
});

testMenu("properties of some lines, or of one", async ({ panel }) => {
  const group = async (numbers: number[], ...names: string[]) =>
    plain((await panel.menu("GetGroupProperties", "aias", numbers, names))[0]);
  assert.deepEqual(await group([mute, nobody, grey, mute], "toggle-state", "enabled"), [
    [mute, { enabled: true, "toggle-state": 1 }],
    [grey, { enabled: false }],
  ]);
  assert.equal((await group([]) as unknown[]).length, 7);
  assert.deepEqual(await panel.menu("GetProperty", "is", open, "label"), ["Open"]);
  await assert.rejects(panel.menu("GetProperty", "is", open, "toggle-state"), /no property/);
  await assert.rejects(panel.menu("GetProperty", "is", nobody, "label"), /no entry/);
  await assert.rejects(panel.menu("GetProperty", "is", open, "__proto__"), /no property/);
});

testMenu("clicks arrive, and only clicks on what can be clicked", async ({ panel, session }) => {
  const event = (number: number, name = "clicked") =>
    panel.menu("Event", "isvu", number, name, new Variant("s", ""), 0);
  await event(open);
  await event(inner);
  for (const number of [0, line, more, grey]) await event(number);
  for (const name of ["hovered", "opened", "closed", "x-unheard-of"]) await event(open, name);
  await assert.rejects(event(nobody), /no entry/);
  await session.clicked("open", "inner");

  const group = [nobody, mute, nobody, open].map((
    number,
  ) => [number, "clicked", new Variant("i", 0), 0]);
  assert.deepEqual(await panel.menu("EventGroup", "a(isvu)", group), [[nobody]]);
  await session.clicked("mute", "open");
});

testMenu("the menu never needs an update before it is shown", async ({ panel }) => {
  assert.deepEqual(await panel.menu("AboutToShow", "i", 0), [false]);
  await assert.rejects(panel.menu("AboutToShow", "i", nobody), /no entry/);
  assert.deepEqual(await panel.menu("AboutToShowGroup", "ai", [0, more, nobody]), [[], [nobody]]);
});

testMenu(
  "panels are told what changes in the menu, and nothing else",
  async ({ panel, session }) => {
    const show = (items: MenuItem[]) => session.desktop.show(view(items));
    show(structuredClone(menu));
    await panel.told();
    show(menu.with(0, { id: "open", label: "Open it" }).with(2, { ...menu[2]!, checked: false }));
    await panel.told(["ItemsPropertiesUpdated", [[open, { label: "Open it" }], [mute, {
      "toggle-state": 0,
    }]], []]);
    show(menu);
    await panel.told(["ItemsPropertiesUpdated", [[open, { label: "Open" }], [mute, {
      "toggle-state": 1,
    }]], []]);
    show(menu.with(3, { ...menu[3]!, items: [{ id: "inner", label: "Inner" }] }));
    await panel.told(["LayoutUpdated", 3, more]);
    show([]);
    await panel.told(["LayoutUpdated", 4, 0]);
    assert.deepEqual(plain(await panel.menu("GetLayout", "iias", 0, -1, [])), [4, [0, {
      "children-display": "submenu",
    }, []]]);
  },
);

testMenu("whatever other processes call, the tray goes on", async ({ panel, session, bus }) => {
  await using hostile = new Hostile(await connectBus(bus.socket), await panel.icon());
  const before = plain(await panel.menu("GetLayout", "iias", 0, -1, []));
  const number = fc.oneof(fc.integer({ min: -2, max: 8 }), fc.integer());
  const name = fc.oneof(
    fc.constantFrom("label", "clicked", "__proto__", "constructor", ""),
    fc.string().map((text) => text.replaceAll("\0", "")),
  );
  const numbers = fc.array(number, { maxLength: 30 });
  const names = fc.array(name, { maxLength: 5 });
  const data = fc.oneof(
    name.map((text) => new Variant("s", text)),
    number.map((value) => new Variant("i", value)),
    fc.constant(new Variant("a{sv}", { __proto__: null, constructor: new Variant("as", []) })),
  );
  const event = fc.tuple(number, name, data, fc.nat());
  const wellTyped = fc.oneof(
    fc.tuple(fc.constant("GetLayout"), fc.constant("iias"), fc.tuple(number, number, names)),
    fc.tuple(fc.constant("GetGroupProperties"), fc.constant("aias"), fc.tuple(numbers, names)),
    fc.tuple(fc.constant("GetProperty"), fc.constant("is"), fc.tuple(number, name)),
    fc.tuple(fc.constant("Event"), fc.constant("isvu"), event),
    fc.tuple(fc.constant("EventGroup"), fc.constant("a(isvu)"), fc.tuple(fc.array(event))),
    fc.tuple(fc.constant("AboutToShow"), fc.constant("i"), fc.tuple(number)),
    fc.tuple(fc.constant("AboutToShowGroup"), fc.constant("ai"), fc.tuple(numbers)),
  );
  const members = fc.constantFrom(
    ...["GetLayout", "GetGroupProperties", "GetProperty", "Event", "EventGroup", "AboutToShow"],
    ...[
      "AboutToShowGroup",
      "toString",
      "constructor",
      "emit",
      "Version",
      "IconThemePath",
      "Nothing",
    ],
    ...["Get", "GetAll", "Set", "Introspect", "Ping", "GetMachineId", "Activate", "IconPixmap"],
  );
  const bodies = fc.oneof(
    fc.constant(["", []] as const),
    wellTyped.map(([, signature, body]) => [signature, body] as const),
    fc.tuple(name, name).map((texts) => ["ss", texts] as const),
    fc.tuple(name, name, data).map((values) => ["ssv", values] as const),
    fc.constant(["ad", [[1.5, -0]]] as const),
    fc.constant(["a{s(ybnqiuxtdog)}", [{}]] as const),
    fc.nat({ max: 15 }).map((depth) => ["v", [nested(depth)]] as const),
  );
  const anyTyped = fc.tuple(members, bodies).map(([member, [signature, body]]) =>
    [member, signature, body] as const
  );
  const target = fc.record({
    path: fc.constantFrom("/MenuBar", "/StatusNotifierItem", "/", "/Nothing"),
    interface: fc.constantFrom(
      ...["com.canonical.dbusmenu", "org.kde.StatusNotifierItem", "org.example.Nothing"],
      ...["Properties", "Introspectable", "Peer"].map((last) => `org.freedesktop.DBus.${last}`),
    ),
  });
  const menuItself = fc.constant({ path: "/MenuBar", interface: "com.canonical.dbusmenu" });
  const calls = fc.array(
    fc.oneof(fc.tuple(menuItself, wellTyped), fc.tuple(target, anyTyped)),
    { minLength: 20, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(calls, async (all) => {
      for (const [object, [member, signature, body]] of all) {
        hostile.call(object, member, signature, body);
      }
      await hostile.isHeard();
      assert.deepEqual(plain(await panel.menu("GetLayout", "iias", 0, -1, [])), before);
    }),
    { numRuns: 25 },
  );
  // All of them were in time, so the last answer was that of a tray which had seen all of it.
  session.clicks.length = 0;
  await panel.menu("Event", "isvu", open, "clicked", new Variant("s", ""), 0);
  await session.clicked("open");
  assert.deepEqual(session.hosts, [true]);
});

/** A process that calls without caring for answers. */
class Hostile implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #destination: string;

  constructor(bus: Bus, destination: string) {
    this.#bus = bus;
    this.#destination = destination;
  }

  call(
    object: { path: string; interface: string },
    member: string,
    signature: string,
    body: readonly unknown[],
  ): void {
    const target = { destination: this.#destination, ...object };
    this.#bus.call(target, member, signature, body).catch(() => {});
  }

  /** Makes sure that the bus did not throw us out: then nothing of this would reach the tray. */
  async isHeard(): Promise<void> {
    const object = { path: "/", interface: "org.freedesktop.DBus.Peer" };
    await this.#bus.call({ destination: this.#destination, ...object }, "Ping", "", []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bus.close();
  }
}

function nested(depth: number): Variant {
  return depth === 0 ? new Variant("s", "deep") : new Variant("v", nested(depth - 1));
}

/** Without prototypes and classes, to compare. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
