/** The tray's desktop in a real panel, seen by pixels and used by mouse and keyboard. */
import assert from "node:assert/strict";
import { iconColors } from "../../scripts/draw_icons.ts";
import type { IconName, MenuItem, TrayView } from "../../lib/tray/desktop/desktop.ts";
import { type Area, areaOf, Panel, panelPrograms, type Screenshot } from "../support/panel.ts";
import { testWithPrograms } from "../support/programs.ts";
import { until } from "../support/until.ts";
import { DesktopSession } from "./desktop_session.ts";

const menu = (checked = false): MenuItem[] => [
  { id: "dashboard", label: "Open_the dashboard" },
  { id: "separator", separator: true },
  { id: "grey", label: "Not now", enabled: false },
  { id: "login", label: "Start at login", checked },
  {
    id: "servers",
    label: "Servers",
    items: [
      { id: "first", label: "First" },
      { id: "off", label: "Off", enabled: false },
      { id: "second", label: "Second" },
    ],
  },
  { id: "separator", separator: true },
  { id: "quit", label: "Quit" },
];

const view = (icon: IconName, checked?: boolean): TrayView => ({
  icon,
  tooltip: `mcpproxy is ${icon}`,
  menu: menu(checked),
});

testWithPrograms(
  "the icon comes to a panel that starts later, and tells each state",
  panelPrograms,
  async () => {
    await using panel = await Panel.start();
    await using session = await DesktopSession.start(panel.environment);
    await session.hostIs(false);
    session.desktop.show(view("running"));
    assert.equal(await panel.findIcon(iconColors.running.tile), null);

    panel.startPanel();
    await session.hostIs(true);
    for (const icon of ["running", "busy", "attention", "stopped", "running"] as const) {
      session.desktop.show(view(icon));
      await iconShown(panel, icon);
    }
    assert.deepEqual(session.hosts, [false, true]);
  },
);

testWithPrograms(
  "a left click opens the menu, and its lines tell their ids",
  panelPrograms,
  async () => {
    await using panel = await Panel.start();
    panel.startPanel();
    await using session = await DesktopSession.start(panel.environment);
    session.desktop.show(view("running"));
    const icon = await iconShown(panel, "running");

    await panel.openMenu(icon);
    await panel.choose(menu(), "dashboard");
    await session.clicked("dashboard");

    await panel.openMenu(icon);
    await panel.choose(menu(), "servers", "second");
    await session.clicked("second");

    await panel.openMenu(icon);
    await panel.choose(menu(), "quit");
    await session.clicked("quit");
  },
);

testWithPrograms("a checkmark comes and goes, also in the open menu", panelPrograms, async () => {
  await using panel = await Panel.start();
  panel.startPanel();
  await using session = await DesktopSession.start(panel.environment);
  session.desktop.show(view("running", false));
  const icon = await iconShown(panel, "running");

  const area = await panel.openMenu(icon);
  const without = await panel.screenshot();
  session.desktop.show(view("running", true));
  const withMark = await until(async () => {
    const now = await panel.screenshot();
    return differing(without, now, area) > 0 ? now : null;
  }, "the open menu has changed");
  assert(differing(without, withMark, area) < 400, "no more than a checkmark has changed");
  await panel.choose(menu(true), "login");
  await session.clicked("login");

  session.desktop.show(view("running", false));
  assert.deepEqual(await panel.openMenu(icon), area);
  await until(
    async () => differing(without, await panel.screenshot(), area) === 0,
    "the menu is as it was",
  );
  await panel.closeMenu();
});

testWithPrograms(
  "lines that come and go are seen, and clicks meet the right one",
  panelPrograms,
  async () => {
    await using panel = await Panel.start();
    panel.startPanel();
    await using session = await DesktopSession.start(panel.environment);
    session.desktop.show(view("running"));
    const icon = await iconShown(panel, "running");
    const before = await panel.openMenu(icon);
    await panel.closeMenu();

    const longer = [{ id: "new", label: "Fresh" }, ...menu().toReversed()];
    session.desktop.show({ ...view("running"), menu: longer });
    const after = await until(async () => {
      const area = await panel.openMenu(icon);
      if (area.height > before.height) return area;
      await panel.closeMenu();
    }, "the menu is longer");
    assert.equal(after.left, before.left);
    await panel.choose(longer, "servers", "second");
    await session.clicked("second");
  },
);

testWithPrograms(
  "the icon comes back when the panel restarts, and goes at the end",
  panelPrograms,
  async () => {
    await using panel = await Panel.start();
    panel.startPanel();
    await using session = await DesktopSession.start(panel.environment);
    session.desktop.show(view("running"));
    await iconShown(panel, "running");

    await panel.stopPanel();
    await session.hostIs(false);
    session.desktop.show(view("stopped"));
    panel.startPanel();
    await session.hostIs(true);
    const icon = await iconShown(panel, "stopped");
    await panel.openMenu(icon);
    await panel.choose(menu(), "login");
    await session.clicked("login");

    await session.desktop.close();
    await until(
      async () => await panel.findIcon(iconColors.stopped.tile) === null,
      "the icon has gone",
    );
  },
);

/** Waits until an icon is in the panel, with the badge of its state. */
async function iconShown(panel: Panel, icon: IconName): Promise<Area> {
  const { tile, badge } = iconColors[icon];
  return await until(async () => {
    const area = await panel.findIcon(tile);
    return area && areaOf(await panel.screenshot(), badge, area) && area;
  }, `the panel shows the icon "${icon}"`);
}

/** How many pixels of an area differ. */
function differing(one: Screenshot, other: Screenshot, area: Area): number {
  let count = 0;
  for (let y = area.top; y < area.top + area.height; y++) {
    for (let x = area.left; x < area.left + area.width; x++) {
      if (one.at(x, y).join() !== other.at(x, y).join()) count++;
    }
  }
  return count;
}
