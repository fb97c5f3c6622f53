/**
 * `deno task screenshots`: takes the pictures of docs/images. The real tray runs in a real panel on a screen that nobody
 * sees, with a real core and real MCP servers. Linux, with the programs that the tests of the panel need.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { IconName } from "../lib/tray/desktop/desktop.ts";
import { say } from "../lib/terminal.ts";
import { realServers } from "../tests/e2e/support/servers.ts";
import { TrayInPanel } from "../tests/e2e/support/tray_in_panel.ts";
import { Panel } from "../tests/support/panel.ts";
import { mcpproxy, Sandbox } from "../tests/support/sandbox.ts";
import { pause, until } from "../tests/support/until.ts";
import { type Picture, pictureOf, savePicture, stacked, withoutEmptyEdges } from "./pictures.ts";

const images = fileURLToPath(new URL("../docs/images/", import.meta.url));
/** Twice the usual density, so that the pictures are sharp. */
const [scale, width, height] = [2, 1600, 1200];
const wallpaper = [96, 125, 139] as const;
/** The right end of the panel, and below it the icon's tooltip. */
const corner = { left: width - 720, top: 0, width: 720, height: 176 };
const themes = ["Adwaita", "Adwaita:dark"];

const states: IconName[] = ["running", "busy", "attention", "stopped"];
const corners = new Map<IconName, Picture[]>(states.map((state) => [state, []]));

for (const theme of themes) await takePictures(theme);
for (const [state, pictures] of corners) {
  await savePicture(join(images, `tray-${state}.png`), stacked(pictures));
}
say(`The pictures are in ${images}`);

async function takePictures(theme: string): Promise<void> {
  await using sandbox = await Sandbox.create();
  const servers = realServers(sandbox.home);
  const broken = { name: "weather", command: "not-installed" };
  const config = (mcpServers: unknown[], listen = "127.0.0.1:0") =>
    sandbox.writeConfig({ listen, api_key: "only-for-pictures", mcpServers });
  config(servers);

  await using panel = await Panel.start(`${width}x${height}`);
  Object.assign(panel.environment, { GDK_SCALE: `${scale}`, GTK_THEME: theme });
  await paintDesktop(panel);
  panel.startPanel();
  const hold = join(sandbox.folder, "hold");
  await using tray = await TrayInPanel.start(panel, sandbox, {
    MCPPROXY_CORE_PATH: patientCore(sandbox, hold),
  });
  const takeCorner = async (state: IconName) => {
    const icon = await tray.iconIs(state);
    await panel.point(0, height - 1);
    await pause(1_000); // a tooltip that is shown is not shown anew
    await panel.point(icon.left + (icon.width >> 1), icon.top + (icon.height >> 1));
    await pause(2_000);
    corners.get(state)!.push(pictureOf(await panel.screenshot(), corner));
  };
  const takeMenu = async (name: string, ...keys: string[]) => {
    if (theme !== themes[0]) return;
    await panel.openMenu(await tray.icon());
    await panel.press(...keys);
    await pause(1_000); // submenus come after a moment
    const picture = pictureOf(await panel.screenshot(), { left: 0, top: 0, width, height });
    await savePicture(join(images, name), withoutEmptyEdges(picture, wallpaper));
    await panel.press(...keys.map(() => "Escape"), "Escape");
  };

  await tray.line("Servers (3 of 3");
  await takeCorner("running");
  await takeMenu("tray-menu.png", "Down", "Down", "Down", "Right", "Down", "Right");

  config([...servers, broken]);
  await takeCorner("attention");

  config(servers);
  await tray.iconIs("running");
  await tray.choose("Stop Core");
  await takeCorner("stopped");

  Deno.writeTextFileSync(hold, "");
  await tray.choose("Start Core");
  await takeCorner("busy");
  Deno.removeSync(hold);
  await tray.iconIs("running");

  await tray.choose("Stop Core");
  await tray.iconIs("stopped");
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  config(servers, `127.0.0.1:${other.addr.port}`);
  await tray.choose("Start Core");
  await tray.line("Use a Free Port");
  await takeMenu("tray-mend.png", "Down");
}

/** A core that takes as long to start as a file is there. */
function patientCore(sandbox: Sandbox, hold: string): string {
  const path = join(sandbox.folder, "mcpproxy");
  const command = mcpproxy.map((word) => `'${word}'`).join(" ");
  const script = `#!/bin/sh\nwhile [ -e '${hold}' ]; do sleep 0.1; done\nexec ${command} "$@"\n`;
  Deno.writeTextFileSync(path, script, { mode: 0o755 });
  return path;
}

/** Nothing that is shown on it has quite this colour. */
async function paintDesktop(panel: Panel): Promise<void> {
  const args = ["-window", "root", `canvas:rgb(${wallpaper})`];
  const options = { args, env: panel.environment, clearEnv: true };
  await new Deno.Command("display", options).output();
  await until(async () => {
    const now = (await panel.screenshot()).at(width - 1, height - 1);
    return now.join() === wallpaper.join();
  }, "the desktop has its colour");
}
