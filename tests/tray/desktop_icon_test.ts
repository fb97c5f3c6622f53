/** The icon on the bus: org.kde.StatusNotifierItem and its registration. */
import assert from "node:assert/strict";
import type { IconName, TrayView } from "../../lib/tray/desktop/desktop.ts";
import { iconColors } from "../../scripts/draw_icons.ts";
import { readPictures } from "../../lib/tray/desktop/pictures.ts";
import { iconSizes } from "../../lib/tray/icons/icons.ts";
import { MessageBus } from "../support/message_bus.ts";
import { testWithPrograms } from "../support/programs.ts";
import { until } from "../support/until.ts";
import { DesktopSession } from "./desktop_session.ts";
import { FakePanel } from "./fake_panel.ts";

const view = (icon: IconName, tooltip = "mcpproxy"): TrayView => ({ icon, tooltip, menu: [] });

testWithPrograms("the icon tells all that a panel asks for", ["dbus-daemon"], async () => {
  await using bus = await MessageBus.start();
  await using panel = await FakePanel.start(bus.socket);
  await using session = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  session.desktop.show(view("running", "3 servers\n<b>ready</b>"));
  await session.hostIs(true);

  const { IconPixmap, AttentionIconPixmap, ...properties } = await panel.itemProperties();
  assert.deepEqual({ ...properties }, {
    Category: "ApplicationStatus",
    Id: "mcpproxy",
    Title: "mcpproxy",
    Status: "Active",
    WindowId: 0,
    IconName: "",
    IconThemePath: "",
    OverlayIconName: "",
    OverlayIconPixmap: [],
    AttentionIconName: "",
    AttentionMovieName: "",
    ToolTip: ["", [], "3 servers <b>ready</b>", ""],
    ItemIsMenu: true,
    Menu: "/MenuBar",
  });
  assert.deepEqual(AttentionIconPixmap, []);
  // Panels that would rather activate than show the menu show it when that fails.
  const item = { destination: await panel.icon(), path: "/StatusNotifierItem" };
  await assert.rejects(
    panel.bus.call({ ...item, interface: "org.kde.StatusNotifierItem" }, "Activate", "ii", [1, 1]),
    { dbusName: "org.freedesktop.DBus.Error.UnknownMethod" },
  );

  const pictures = (await readPictures()).running;
  const pixmaps = IconPixmap as [number, number, Uint8Array][];
  assert.deepEqual(pixmaps.map(([width, height]) => [width, height]), iconSizes.map((s) => [s, s]));
  for (const [index, [width, , argb]] of pixmaps.entries()) {
    assert.deepEqual(new Uint8Array(argb), pictures[index]!.argb);
    // The middle of the left edge is plain tile: opaque, then its red, green and blue.
    const start = (width >> 1) * width * 4;
    assert.deepEqual([...argb.subarray(start, start + 4)], [255, ...iconColors.running.tile]);
  }
});

testWithPrograms("a panel is told what changes, and nothing else", ["dbus-daemon"], async () => {
  await using bus = await MessageBus.start();
  await using panel = await FakePanel.start(bus.socket);
  await using session = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  session.desktop.show(view("running", "one"));
  await panel.icon();
  await panel.told(["NewIcon"], ["NewToolTip"]);

  for (let again = 0; again < 100; again++) session.desktop.show(view("running", "one"));
  await panel.told();

  session.desktop.show(view("busy", "one"));
  await panel.told(["NewIcon"]);
  session.desktop.show(view("busy", "two"));
  await panel.told(["NewToolTip"]);

  session.desktop.show(view("attention", "two"));
  await panel.told(["NewIcon"], ["NewAttentionIcon"], ["NewStatus", "NeedsAttention"]);
  const urgent = await panel.itemProperties();
  assert.equal(urgent["Status"], "NeedsAttention");
  assert.deepEqual(urgent["AttentionIconPixmap"], urgent["IconPixmap"]);

  session.desktop.show(view("stopped", "two"));
  await panel.told(["NewIcon"], ["NewAttentionIcon"], ["NewStatus", "Active"]);
  assert.deepEqual((await panel.itemProperties())["AttentionIconPixmap"], []);
});

testWithPrograms("the icon registers with every panel that comes", ["dbus-daemon"], async () => {
  await using bus = await MessageBus.start();
  await using session = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  await session.hostIs(false);
  for (let round = 0; round < 3; round++) {
    await using panel = await FakePanel.start(bus.socket);
    await session.hostIs(true);
    await panel[Symbol.asyncDispose]();
    await session.hostIs(false);
    assert.equal(panel.registered.length, 1);
  }
  assert.deepEqual(session.hosts, [false, true, false, true, false, true, false]);
});

testWithPrograms("a watcher without a place for icons is no host", ["dbus-daemon"], async () => {
  await using bus = await MessageBus.start();
  await using panel = await FakePanel.start(bus.socket, { showsIcons: false });
  await using session = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  await panel.icon();
  await session.hostIs(false);
  panel.changeShowsIcons(true);
  await session.hostIs(true);
  panel.changeShowsIcons(false);
  await session.hostIs(false);
  assert.equal(panel.registered.length, 1);
});

testWithPrograms("a panel that refuses is asked again", ["dbus-daemon"], async () => {
  await using bus = await MessageBus.start();
  await using panel = await FakePanel.start(bus.socket, { refuses: true });
  await using session = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  await session.hostIs(false);
  panel.options.refuses = false;
  panel.changeShowsIcons(true);
  await session.hostIs(true);
});

testWithPrograms("two icons of one process keep apart", ["dbus-daemon"], async () => {
  await using bus = await MessageBus.start();
  await using panel = await FakePanel.start(bus.socket);
  await using one = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  await using other = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  await one.hostIs(true);
  await other.hostIs(true);
  assert.equal(new Set(panel.registered).size, 2);
});

testWithPrograms("what the tray throws does not harm the desktop", ["dbus-daemon"], async () => {
  await using bus = await MessageBus.start();
  await using panel = await FakePanel.start(bus.socket);
  await using session = await DesktopSession.start({ DBUS_SESSION_BUS_ADDRESS: bus.address });
  let thrown = 0;
  session.onClick = () => {
    thrown++;
    throw new Error("the tray's own fault");
  };
  session.desktop.show({ ...view("running"), menu: [{ id: "quit", label: "Quit" }] });
  await panel.icon();
  await panel.menu("Event", "isvu", 1, "clicked", ["s", ""], 0);
  await until(() => thrown === 1, "the click");
  assert.equal((await panel.itemProperties())["Id"], "mcpproxy");
});
