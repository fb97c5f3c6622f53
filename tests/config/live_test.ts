import assert from "node:assert/strict";
import type { ConfigService } from "../../lib/http/services.ts";
import { UserError } from "../../lib/errors.ts";
import { type ConfigChange, LiveConfig } from "../../lib/config/live.ts";
import { ensureConfig } from "../../lib/config/load.ts";
import { resolvePaths } from "../../lib/config/resolve.ts";
import type { Flags } from "../../lib/config/paths.ts";
import { type Folder, folder, goConfig, until } from "./folder.ts";

interface Live extends AsyncDisposable {
  live: LiveConfig;
  changes: ConfigChange[];
  errors: string[];
}

async function start(
  home: Folder,
  flags?: Flags,
  environment?: Record<string, string>,
): Promise<Live> {
  const inputs = home.inputs(flags, environment);
  const settings = await ensureConfig(inputs, await resolvePaths(inputs));
  const changes: ConfigChange[] = [];
  const errors: string[] = [];
  const live = new LiveConfig(settings, inputs, {
    onChange: (change) => changes.push(change),
    onError: ({ message }) => errors.push(message),
  });
  return { live, changes, errors, [Symbol.asyncDispose]: () => live.close() };
}

const refused = (expected: RegExp) => (error: unknown) => {
  assert.ok(error instanceof UserError, `${error}`);
  assert.match(error.message, expected);
  return true;
};

Deno.test("it is what the routes want", async () => {
  await using home = await folder();
  await using started = await start(home);
  const service: ConfigService = started.live;
  assert.deepEqual(service.servers(), []);
});

Deno.test("a server is added, changed and removed, in the file and in force at once", async () => {
  await using home = await folder();
  const text = await goConfig();
  await home.write(text);
  await using started = await start(home);
  const { live, changes } = started;
  await live.addServer({
    name: "new",
    command: "npx",
    env: { TOKEN: "hunter22" },
    future: 1.5,
    gone: null,
  });
  assert.equal(live.servers().at(-1)!.env.TOKEN, "hunter22");
  assert.equal(changes.length, 1);
  assert.equal(changes[0]!.config, live.current());
  assert.deepEqual(changes[0]!.needsRestart, []);
  assert.deepEqual(live.maskedServer("new"), {
    enabled: true,
    name: "new",
    command: "npx",
    env: { TOKEN: "••••22 (8 chars)" },
    future: 1.5,
  });

  await live.patchServer("new", { env: { TOKEN: "••••22 (8 chars)", OTHER: "x" }, enabled: false });
  const { env, enabled } = live.servers().at(-1)!;
  assert.deepEqual([{ ...env }, enabled], [{ TOKEN: "hunter22", OTHER: "x" }, false]);
  await live.patchServer("new", { name: "renamed", env: { OTHER: null }, future: null });
  assert.deepEqual(JSON.parse(await home.read()).mcpServers.at(-1), {
    enabled: false,
    name: "renamed",
    command: "npx",
    env: { TOKEN: "hunter22" },
  });

  await live.removeServer("renamed");
  assert.equal(await home.read(), text);
  assert.equal(changes.length, 4);
});

Deno.test("switching a server off and on leads back to the same bytes", async () => {
  await using home = await folder();
  const text = await goConfig();
  await home.write(text);
  await using started = await start(home);
  for (const { name, enabled } of started.live.servers()) {
    await started.live.patchServer(name, { enabled: !enabled });
    assert.notEqual(await home.read(), text);
    await started.live.patchServer(name, { enabled });
    assert.equal(await home.read(), text);
  }
});

Deno.test("what cannot be changed says why, and changes nothing", async () => {
  await using home = await folder();
  const text =
    '{"api_key": "k", "mcpServers": [{"name": "a", "command": "x", "env": {"T": "hunter22"}}]}';
  await home.write(text);
  await using started = await start(home);
  const { live } = started;
  await assert.rejects(
    live.addServer({ name: "a", command: "y" }),
    refused(/already a server named "a"/),
  );
  await assert.rejects(
    live.addServer({ name: "b/c", command: "y" }),
    refused(/mcpServers\[1\]\.name/),
  );
  await assert.rejects(live.addServer({ name: "b" }), refused(/mcpServers\[1\]\.command: give/));
  await assert.rejects(
    live.addServer({ name: "b", env: { T: "••••22 (8 chars)" } }),
    refused(/^env\.T/),
  );
  await assert.rejects(live.patchServer("b", {}), refused(/no server named "b"/));
  await assert.rejects(
    live.patchServer("a", { env: { T: 5 } }),
    refused(/mcpServers\[0\]\.env\.T/),
  );
  await assert.rejects(
    live.patchServer("a", { command: null }),
    refused(/mcpServers\[0\]\.command/),
  );
  await assert.rejects(
    live.patchServer("a", { env: { T: "••••33 (8 chars)" } }),
    refused(/^env\.T/),
  );
  await assert.rejects(live.removeServer("b"), refused(/no server named "b"/));
  assert.equal(await home.read(), text);
  assert.deepEqual([started.changes, started.errors], [[], []]);
});

Deno.test("the first server of a config that has no list, and of an empty file", async () => {
  await using home = await folder();
  for (const text of ['{"mcpServers": null}', "{}", ""]) {
    await home.write(text);
    await using started = await start(home, undefined, { MCPPROXY_API_KEY: "k" });
    await started.live.addServer({ name: "a", url: "http://x" });
    assert.equal(started.live.servers()[0]!.url, "http://x");
    assert.equal(JSON.parse(await home.read()).mcpServers.length, 1);
  }
});

Deno.test("a file that is gone is not made anew with one server in it", async () => {
  await using home = await folder();
  await using started = await start(home);
  await Deno.remove(home.config);
  await assert.rejects(started.live.addServer({ name: "a", command: "x" }), refused(/is gone/));
  assert.deepEqual(home.list(), []);
});

Deno.test("changes by hand come into force, broken ones do not", async () => {
  await using home = await folder();
  await home.write('{"api_key": "one"}');
  await using started = await start(home, { config: home.config });
  const { live, changes, errors } = started;
  await home.write('{"api_key": "two", "trusted_hosts": ["a"], "listen": "127.0.0.1:1"}');
  await until(() => changes.length === 1, "the change");
  assert.equal(live.current().api_key, "two");
  assert.deepEqual(live.current().trusted_hosts, ["a"]);
  assert.deepEqual(changes[0]!.needsRestart, ["listen"]);
  await home.write('{"api_key": "two", "listen": "s3cret"}');
  await until(() => errors.length === 1, "the error");
  assert.equal(live.current().listen, "127.0.0.1:1");
  await home.write('{"api_key": "two", "data_dir": "relative"}');
  await until(() => errors.length === 2, "the other error");
  assert.match(errors[1]!, /data_dir is a relative path/);
  // Back to what was there at the start: nothing needs a restart any more.
  await home.write('{"api_key": "two"}');
  await until(() => changes.length === 2, "the mending");
  assert.deepEqual(changes[1]!.needsRestart, []);
});

Deno.test("a key that is deleted from the file goes on holding", async () => {
  await using home = await folder();
  await home.write('{"api_key": "one"}');
  await using started = await start(home);
  await home.write("{}");
  await until(() => started.changes.length === 1, "the change");
  assert.equal(started.live.current().api_key, "one");
});

Deno.test("flags and environment go on before what is changed in the file", async () => {
  await using home = await folder();
  await home.write("{}");
  const flags = { dataDir: home.path, listen: "127.0.0.1:7" };
  await using started = await start(home, flags, { MCPPROXY_API_KEY: "k" });
  await home.write('{"listen": "127.0.0.1:1", "api_key": "file"}');
  await until(() => started.changes.length === 1, "the change");
  assert.equal(started.live.current().listen, "127.0.0.1:7");
  assert.equal(started.live.current().api_key, "k");
  assert.deepEqual(started.changes[0]!.needsRestart, []);
  assert.equal(started.live.masked().listen, "127.0.0.1:7");
});

Deno.test("go fault 30: the config as shown has defaults, unknown fields, what is in force, and no secret", async () => {
  await using home = await folder();
  await home.write(await goConfig());
  const flags = { dataDir: home.path, logLevel: "debug" };
  await using started = await start(home, flags, { MCPPROXY_API_KEY: "environment-key" });
  const view = started.live.masked();
  const text = JSON.stringify(view);
  for (
    const secret of ["environment-key", "4b1d0c64", "ghp_0123456789", "s3cr3t-client", "sntrys_"]
  ) {
    assert.ok(!text.includes(secret), secret);
  }
  assert.equal(view.api_key, "••••ey (15 chars)");
  assert.equal(view.init_timeout, "30s");
  assert.equal(view.data_dir, home.path);
  assert.equal((view.logging as Record<string, unknown>).level, "debug");
  assert.equal((view.logging as Record<string, unknown>).filename, "main.log");
  assert.deepEqual(view.telemetry, {
    anonymous_id: "550e8400-e29b-41d4-a716-446655440000",
    notice_shown: true,
  });
  assert.equal(started.live.maskedServer("nobody"), undefined);
});

Deno.test("what the config allows to be changed", async () => {
  await using home = await folder();
  const table: [Record<string, boolean>, (RegExp | null)[]][] = [
    [{}, [null, null, null]],
    [{ read_only_mode: true }, [/read_only_mode/, /read_only_mode/, /read_only_mode/]],
    [{ disable_management: true }, [/disable_man/, /disable_man/, /disable_man/]],
    [{ allow_server_add: false }, [/allow_server_add/, null, null]],
    [{ allow_server_remove: false }, [null, /allow_server_remove/, null]],
  ];
  for (const [config, expected] of table) {
    await home.write(JSON.stringify(config));
    await using started = await start(home, undefined, { MCPPROXY_API_KEY: "k" });
    for (const [index, change] of (["add", "remove", "change"] as const).entries()) {
      const refusal = started.live.refusal(change);
      const pattern = expected[index]!;
      if (pattern === null) assert.equal(refusal, null);
      else assert.match(refusal!, pattern);
    }
  }
});
