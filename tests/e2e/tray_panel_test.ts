/** The whole tray, as a person has it: the real program in a real panel, clicked, with a real core behind it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { isCoreRunning } from "../../lib/ipc/core_lock.ts";
import { Child } from "../support/child.ts";
import { startCore } from "../support/core.ts";
import { Panel, panelPrograms } from "../support/panel.ts";
import { testWithPrograms } from "../support/programs.ts";
import { Sandbox } from "../support/sandbox.ts";
import { until } from "../support/until.ts";
import { isRunning } from "../upstream/helper.ts";
import { fixtureServer } from "./support/servers.ts";
import { TrayInPanel } from "./support/tray_in_panel.ts";

testWithPrograms("every line of the menu does what it says", panelPrograms, async (context) => {
  await using sandbox = await Sandbox.create();
  const notes = fixtureServer("plain");
  const started = join(sandbox.folder, "started");
  const noteStart = 'echo $$ >>"$0"; exec "$@"';
  sandbox.writeConfig({
    listen: "127.0.0.1:0",
    api_key: "k3y-that-nobody-may-see",
    mcpServers: [
      fixtureServer("plain", { name: "first" }),
      {
        name: "notes",
        command: "sh",
        args: ["-c", noteStart, started, notes.command, ...notes.args as string[]],
      },
    ],
  });
  const pids = () => Deno.readTextFileSync(started).trim().split("\n").map(Number);
  const desktop = fakePrograms(sandbox);
  await using panel = await Panel.start();
  panel.startPanel();
  await using tray = await TrayInPanel.start(panel, sandbox, { PATH: desktop.path });
  await tray.iconIs("running");
  await tray.line("Servers (2 of 2");
  const server = async (name: string) => {
    const { servers } = await tray.api("/servers");
    return servers.find((one: { name: string }) => one.name === name);
  };

  await step(context, "Restart Core", async () => {
    const before = tray.corePid;
    await tray.choose("Restart Core");
    await until(() => tray.corePid !== before, "another core runs");
    assert(!isRunning(before));
    await tray.line("Servers (2 of 2");
  });

  await step(context, "Disable, Enable and Restart of a server", async () => {
    await tray.choose("Servers", "notes", "Disable");
    await until(async () => !(await server("notes")).enabled, "the server is disabled");
    assert((await server("first")).enabled);
    await tray.line("Servers", "notes — disabled");

    await tray.choose("Servers", "notes", "Enable");
    await until(async () => (await server("notes")).status === "ready", "the server is ready");
    await tray.line("Servers (2 of 2");

    const before = pids().length;
    await tray.choose("Servers", "notes", "Restart");
    await until(() => pids().length === before + 1, "the server was started anew");
    await until(async () => (await server("notes")).status === "ready", "the server is ready");
    await tray.line("Servers (2 of 2");
  });

  await step(context, "Open Log, Open Config and Open Logs", async () => {
    const logs = join(sandbox.dataDir, "logs");
    const log = join(logs, "server-notes.log");
    await tray.choose("Servers", "notes", "Open Log");
    await desktop.noted("opened", `${log}\n`);
    assert.equal(Deno.statSync(log).mode! & 0o777, 0o600);
    await tray.choose("Open Config");
    await desktop.noted("opened", `${sandbox.configFile}\n`);
    await tray.choose("Open Logs");
    await desktop.noted("opened", `${logs}\n`);
  });

  await step(context, "Copy MCP Address and Copy Client Config", async () => {
    const runtime = JSON.parse(Deno.readTextFileSync(join(sandbox.dataDir, "runtime.json")));
    const url = `http://${runtime.listen_addr}/mcp`;
    await tray.choose("Copy MCP Address");
    await desktop.noted("copied", url);
    await tray.choose("Copy Client Config");
    const config = JSON.parse(await desktop.noted("copied", /\}\n$/));
    const { command, args } = config.mcpServers.mcpproxy;
    assert.equal(args.pop(), "stdio");
    // What stands before it leads to this very core, from anywhere.
    const status = await new Deno.Command(command, {
      args: [...args, "status", "--json"],
      env: sandbox.environment(),
      clearEnv: true,
      cwd: "/",
    }).output();
    assert.match(new TextDecoder().decode(status.stdout), new RegExp(`\\b${tray.corePid}\\b`));
  });

  await step(context, "Start at Login", async () => {
    const folder = panel.environment["XDG_CONFIG_HOME"]!;
    const entry = join(folder, "autostart", "mcpproxy-tray.desktop");
    assert.equal((await tray.line("Start at Login")).checked, false);
    await tray.choose("Start at Login");
    await until(async () => (await tray.line("Start at Login")).checked, "the mark is there");
    assert(Deno.readTextFileSync(entry).includes(`--data-dir=${sandbox.dataDir}`));
    await tray.choose("Start at Login");
    await until(async () => !(await tray.line("Start at Login")).checked, "the mark has gone");
    assert.throws(() => Deno.statSync(entry), Deno.errors.NotFound);
  });

  await step(context, "Stop Core and Start Core", async () => {
    const before = tray.corePid;
    await tray.choose("Stop Core");
    await tray.iconIs("stopped");
    assert(!isRunning(before));
    assert(!isCoreRunning(sandbox.dataDir));
    await tray.choose("Start Core");
    await tray.iconIs("running");
    assert(isCoreRunning(sandbox.dataDir));
    assert.notEqual(tray.corePid, before);
  });

  await step(context, "Quit", async () => {
    await tray.choose("Quit");
    assert.equal(await tray.ended(), 0);
    await until(() => tray.processes().length === 0, "nothing of it is left");
    assert.deepEqual(pids().filter(isRunning), []); // servers do not inherit what the tray is known by
    assert(!isCoreRunning(sandbox.dataDir));
    assert(!tray.log().includes("k3y-that-nobody-may-see"));
  });
});

testWithPrograms(
  "what is wrong is mended from the menu",
  [...panelPrograms, "ss"],
  async (context) => {
    await using sandbox = await Sandbox.create();
    const config = (listen: string) => JSON.stringify({ listen, mcpServers: [] }, null, 2);
    sandbox.writeConfig(config("127.0.0.1:0"));
    Deno.chmodSync(sandbox.dataDir, 0o755);
    const desktop = fakePrograms(sandbox);
    await using panel = await Panel.start();
    panel.startPanel();
    await using tray = await TrayInPanel.start(panel, sandbox, { PATH: desktop.path });

    await step(context, "Fix Permissions", async () => {
      await tray.iconIs("attention");
      assert(!isCoreRunning(sandbox.dataDir));
      await tray.choose("Fix Permissions");
      await tray.iconIs("running");
      assert.equal(Deno.statSync(sandbox.dataDir).mode! & 0o777, 0o700);
    });

    await step(context, "Use a Free Port", async () => {
      using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const taken = `127.0.0.1:${other.addr.port}`;
      await tray.choose("Stop Core");
      await tray.iconIs("stopped");
      sandbox.writeConfig(config(taken));
      await tray.choose("Start Core");
      await tray.choose("Use a Free Port");
      await tray.iconIs("running");
      const { listen } = JSON.parse(Deno.readTextFileSync(sandbox.configFile));
      assert.notEqual(listen, taken);
      assert.equal(
        await fetch(`http://${listen}/health`).then(async (response) => {
          await response.body?.cancel();
          return response.status;
        }),
        200,
      );
    });

    await step(context, "End who holds the port", async () => {
      const code = `const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      console.log(listener.addr.port);
      for await (const connection of listener) connection.close();`;
      await using other = new Child(Deno.execPath(), { args: ["eval", code] });
      const listen = `127.0.0.1:${await other.line(/^\d+$/)}`;
      await tray.choose("Stop Core");
      await tray.iconIs("stopped");
      sandbox.writeConfig(config(listen));
      await tray.choose("Start Core");
      await tray.choose(`End deno (pid ${other.pid})`);
      await tray.iconIs("running");
      assert.equal((await other.status).signal, "SIGTERM");
      await tray.line(`Listens on ${listen}`);
    });

    await step(context, "Retry, once the port is free", async () => {
      const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      await tray.choose("Stop Core");
      await tray.iconIs("stopped");
      sandbox.writeConfig(config(`127.0.0.1:${other.addr.port}`));
      await tray.choose("Start Core");
      await tray.iconIs("attention");
      await tray.line("Retry");
      other.close();
      await tray.choose("Retry");
      await tray.iconIs("running");
    });

    await step(context, "Open Config at the faulty line", async () => {
      await tray.choose("Stop Core");
      await tray.iconIs("stopped");
      sandbox.writeConfig('{\n  "listen": "127.0.0.1:0",\n  "mcpServers": [oops]\n}\n');
      await tray.choose("Start Core");
      await tray.choose("Open Config (Line 3)");
      await desktop.noted("opened", `--goto\n${sandbox.configFile}:3\n`);
      await tray.iconIs("attention");
      // As the editor saves it mended; nobody has to click for the next try.
      sandbox.writeConfig(config("127.0.0.1:0"));
      await tray.iconIs("running");
    });
  },
);

testWithPrograms(
  "the icon comes with a late panel and again with its next one; Quit leaves a core of somebody else's",
  panelPrograms,
  async () => {
    await using core = await startCore();
    await using panel = await Panel.start();
    await using tray = await TrayInPanel.start(panel, core.sandbox);
    await until(() => tray.log().includes("-> connected"), "the tray is connected");

    panel.startPanel();
    await tray.iconIs("running");
    await panel.stopPanel();
    panel.startPanel();
    await tray.iconIs("running");
    assert.equal((await tray.line("Stop Core (started elsewhere)")).enabled, false);

    await tray.choose("Quit");
    assert.equal(await tray.ended(), 0);
    assert.deepEqual(tray.processes(), []);
    assert.equal(core.exitCode, null);
    await core.api("/status");
  },
);

/** A part of a test; what follows needs that it went well. */
async function step(
  context: Deno.TestContext,
  title: string,
  test: () => Promise<void>,
): Promise<void> {
  assert(await context.step(title, test), `${title} failed`);
}

/** Programs of a desktop that only note what they were given. */
function fakePrograms(sandbox: Sandbox): {
  /** PATH on which they are found before all others. */
  path: string;
  /** Waits until one of them has noted this; what it has noted is forgotten then. */
  noted(what: "opened" | "copied", text: string | RegExp): Promise<string>;
} {
  const folder = join(sandbox.folder, "programs");
  const notes = (what: string) => join(sandbox.folder, what);
  Deno.mkdirSync(folder);
  const program = (name: string, line: string) =>
    Deno.writeTextFileSync(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  program("xdg-open", `printf '%s\\n' "$@" >'${notes("opened")}'`);
  program("xdg-mime", "echo code.desktop");
  program("code", `printf '%s\\n' "$@" >'${notes("opened")}'`);
  program("xclip", `cat >'${notes("copied")}'`);
  return {
    path: `${folder}:${Deno.env.get("PATH")}`,
    noted: async (what, text) => {
      let present = "";
      await until(() => {
        present = Deno.readTextFileSync(notes(what));
        return typeof text === "string" ? present === text : text.test(present);
      }, `${what} is noted`).catch((error) => {
        throw new Error(`${error.message}: ${present}`);
      });
      Deno.removeSync(notes(what));
      return present;
    },
  };
}
