import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import {
  EndpointError,
  type EndpointSources,
  formatEndpoint,
  maxSocketPathBytes,
  parseEndpoint,
  resolveEndpoint,
  shortSocketFolder,
} from "../../lib/ipc/endpoint.ts";

const byteLength = (text: string): number => new TextEncoder().encode(text).length;
const hash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);

function refused(text: string, os: "linux" | "darwin" | "windows" = "linux"): EndpointError {
  try {
    const endpoint = parseEndpoint(text, os, "--tray-endpoint");
    assert.fail(`${text} was taken for ${JSON.stringify(endpoint)}`);
  } catch (error) {
    assert(error instanceof EndpointError, String(error));
    assert.equal(error.exitCode, 4);
    assert.match(error.message, /^--tray-endpoint: /);
    assert(error.next);
    return error;
  }
}

const unix = (more: Partial<EndpointSources> = {}): EndpointSources => ({
  os: "linux",
  dataDirectory: "/home/me/.mcpproxy",
  isDefaultDataDirectory: true,
  shortFolder: "/run/user/1000/mcpproxy",
  ...more,
});

const windows = (more: Partial<EndpointSources> = {}): EndpointSources => ({
  os: "windows",
  dataDirectory: "C:\\Users\\me\\.mcpproxy",
  isDefaultDataDirectory: true,
  userName: "me",
  shortFolder: "",
  ...more,
});

Deno.test("the examples of the specification are understood", () => {
  assert.deepEqual(parseEndpoint("unix:///tmp/custom.sock", "linux", "x"), {
    kind: "unix",
    path: "/tmp/custom.sock",
  });
  assert.deepEqual(parseEndpoint("npipe:////./pipe/mycustompipe", "windows", "x"), {
    kind: "pipe",
    name: "\\\\.\\pipe\\mycustompipe",
  });
});

Deno.test("a path is taken as it is written, but for dots and doubled slashes", () => {
  const path = (text: string) => {
    const endpoint = parseEndpoint(text, "linux", "x");
    return endpoint.kind === "unix" && endpoint.path;
  };
  assert.equal(path("unix:///tmp/a/../b//./c.sock"), "/tmp/b/c.sock");
  assert.equal(path("unix:////tmp/c.sock"), "/tmp/c.sock");
  assert.equal(path("unix:///tmp/a%20b?c#d"), "/tmp/a%20b?c#d");
  assert.equal(path("unix:///tmp/Zoë's socket"), "/tmp/Zoë's socket");
});

Deno.test("what cannot work is refused, with what to give instead", () => {
  assert.match(refused("http://127.0.0.1:8080").message, /expected unix:\/\/ or npipe:\/\//);
  assert.match(refused("/tmp/x.sock").message, /unsupported scheme/);
  assert.match(refused("UNIX:///tmp/x.sock").message, /unsupported scheme/);
  assert.match(refused("unix://tmp/x.sock").message, /not an absolute path/);
  assert.match(refused("unix://").message, /not an absolute path/);
  assert.match(refused("unix://~/x.sock").message, /not an absolute path/);
  assert.match(refused("unix:///tmp/").message, /names a directory/);
  assert.match(refused("unix:///tmp/..").message, /names a directory/);
  assert.match(refused("unix:///tmp/a\0b").message, /control characters/);
  assert.match(refused("unix:///tmp/a\nb").message, /control characters/);
  assert.match(refused("npipe:////./pipe/x").message, /on Windows only/);
  assert.match(refused("unix:///tmp/x.sock", "windows").message, /not used on Windows/);
  for (
    const name of [
      "npipe://x",
      "npipe:////./pipe/",
      "npipe:////./pipe/a/b",
      "npipe:////server/pipe/a",
    ]
  ) {
    assert.match(refused(name, "windows").message, /not of the form/);
  }
  assert.match(refused(`npipe:////./pipe/${"n".repeat(241)}`, "windows").message, /240/);
  assert.match(refused("nonsense").next ?? "", /unix:\/\/\//);
  assert.match(refused("nonsense", "windows").next ?? "", /npipe:\/\//);
});

Deno.test("a socket path may be as long as the system allows, counted in bytes", () => {
  assert.equal(maxSocketPathBytes("linux"), 107);
  assert.equal(maxSocketPathBytes("darwin"), 103);
  for (const os of ["linux", "darwin"] as const) {
    for (const letter of ["s", "é", "漢", "🔒"]) {
      const limit = maxSocketPathBytes(os);
      const letters = letter.repeat(Math.floor((limit - 1) / byteLength(letter)));
      const longest = `/${letters}`.padEnd(limit - byteLength(letters) + letters.length, "x");
      assert.equal(byteLength(longest), limit);
      assert.deepEqual(parseEndpoint(`unix://${longest}`, os, "x"), {
        kind: "unix",
        path: longest,
      });
      const error = refused(`unix://${longest}x`, os);
      assert.match(error.message, new RegExp(`${limit + 1} bytes, the system allows ${limit}`));
    }
  }
});

Deno.test("flag goes before environment, environment before config, config before the derived path", async () => {
  const given = {
    flag: "unix:///tmp/flag.sock",
    environment: "unix:///tmp/environment.sock",
    config: "unix:///tmp/config.sock",
  };
  const path = async (more: Partial<EndpointSources>) =>
    formatEndpoint(await resolveEndpoint(unix(more)));
  assert.equal(await path(given), given.flag);
  assert.equal(await path({ ...given, flag: undefined }), given.environment);
  assert.equal(await path({ config: given.config }), given.config);
  assert.equal(await path({}), "unix:///home/me/.mcpproxy/mcpproxy.sock");
});

Deno.test("one that was given and cannot work is an error that names where it came from, not a reason to take the next", async () => {
  const wrong = "http://localhost:8080";
  const right = "unix:///tmp/right.sock";
  const rejects = (sources: Partial<EndpointSources>, name: RegExp) =>
    assert.rejects(resolveEndpoint(unix(sources)), {
      name: "EndpointError",
      exitCode: 4,
      message: name,
    });
  await rejects({ flag: wrong, environment: right }, /^--tray-endpoint: /);
  await rejects({ environment: wrong, config: right }, /^MCPPROXY_TRAY_ENDPOINT: /);
  await rejects({ config: wrong }, /^tray_endpoint: /);
});

Deno.test("auto-detect socket path: <data-dir>/mcpproxy.sock", async () => {
  const endpoint = await resolveEndpoint(unix({ dataDirectory: "/srv/proxy data" }));
  assert.deepEqual(endpoint, { kind: "unix", path: "/srv/proxy data/mcpproxy.sock" });
});

Deno.test("go fault 7: an empty variable or setting is one that is not set, for core and clients alike", async () => {
  const endpoint = await resolveEndpoint(unix({ flag: "", environment: "", config: "" }));
  assert.deepEqual(endpoint, { kind: "unix", path: "/home/me/.mcpproxy/mcpproxy.sock" });
  const fromConfig = await resolveEndpoint(unix({ environment: "", config: "unix:///tmp/c.sock" }));
  assert.deepEqual(fromConfig, { kind: "unix", path: "/tmp/c.sock" });
});

Deno.test("go fault 8: the environment moves whoever resolves, core or client, to the same place", async () => {
  const environment = "unix:///tmp/moved.sock";
  const core = await resolveEndpoint(unix({ environment, config: "unix:///tmp/config.sock" }));
  const client = await resolveEndpoint(unix({ environment }));
  assert.deepEqual(core, client);
});

Deno.test("go fault 10: a data directory that is too deep has its socket in the short folder, for core and clients alike", async () => {
  for (const os of ["linux", "darwin"] as const) {
    const name = "/mcpproxy.sock";
    const longest = `/${"d".repeat(maxSocketPathBytes(os) - name.length - 1)}`;
    const fits = await resolveEndpoint(unix({ os, dataDirectory: longest }));
    assert.deepEqual(fits, { kind: "unix", path: longest + name });

    const tooLong = `${longest}d`;
    const short = await resolveEndpoint(unix({ os, dataDirectory: tooLong }));
    assert.deepEqual(short, {
      kind: "unix",
      path: `/run/user/1000/mcpproxy/mcpproxy-${hash(tooLong)}.sock`,
    });
    const other = await resolveEndpoint(unix({ os, dataDirectory: `${longest}e` }));
    assert.notDeepEqual(other, short);
  }
});

Deno.test("a data directory that is short in letters and long in bytes is too deep as well", async () => {
  const dataDirectory = `/home/${"漢".repeat(32)}`;
  assert(`${dataDirectory}/mcpproxy.sock`.length < 100);
  const endpoint = await resolveEndpoint(unix({ dataDirectory }));
  assert.equal(
    formatEndpoint(endpoint),
    `unix:///run/user/1000/mcpproxy/mcpproxy-${hash(dataDirectory)}.sock`,
  );
});

Deno.test("where not even the short folder is short enough, it says so before anything is bound", async () => {
  const sources = unix({
    dataDirectory: `/${"d".repeat(120)}`,
    shortFolder: `/${"s".repeat(100)}`,
  });
  await assert.rejects(resolveEndpoint(sources), { name: "EndpointError", exitCode: 4 });
});

Deno.test("the short folder is XDG_RUNTIME_DIR's, else one of this user in /tmp", () => {
  const folder = (value: string | undefined) =>
    shortSocketFolder((name) => name === "XDG_RUNTIME_DIR" ? value : undefined, 1000);
  assert.equal(folder("/run/user/1000"), "/run/user/1000/mcpproxy");
  assert.equal(folder(undefined), "/tmp/mcpproxy-1000");
  assert.equal(folder(""), "/tmp/mcpproxy-1000");
  assert.equal(folder("relative"), "/tmp/mcpproxy-1000");
});

Deno.test("the pipe of the default data directory has the user's name, without what a pipe name may not hold", async () => {
  const name = async (more: Partial<EndpointSources>) =>
    formatEndpoint(await resolveEndpoint(windows(more)));
  assert.equal(await name({}), "npipe:////./pipe/mcpproxy-me");
  assert.equal(await name({ userName: "DOMAIN\\me" }), "npipe:////./pipe/mcpproxy-DOMAIN-me");
  assert.equal(await name({ userName: "a/b" }), "npipe:////./pipe/mcpproxy-a-b");
  assert.equal(await name({ userName: undefined }), "npipe:////./pipe/mcpproxy-default");
  assert.equal(await name({ userName: "" }), "npipe:////./pipe/mcpproxy-default");
});

Deno.test("go fault 6: a custom data directory has a pipe of its own, the same for every way to write the folder", async () => {
  const name = async (dataDirectory: string) =>
    formatEndpoint(
      await resolveEndpoint(windows({ dataDirectory, isDefaultDataDirectory: false })),
    );
  const core = await name("D:\\Proxy\\Data");
  assert.equal(core, `npipe:////./pipe/mcpproxy-me-${hash("d:\\proxy\\data")}`);
  for (
    const client of ["d:\\proxy\\data", "D:/Proxy/Data", "D:\\PROXY\\DATA\\", "D:/Proxy/Data//"]
  ) {
    assert.equal(await name(client), core);
  }
  assert.notEqual(await name("D:\\Proxy\\Data2"), core);
});

Deno.test("what is formatted is parsed back to the same endpoint", () => {
  const letter = fc.constantFrom(..."abcXYZ019-_. é漢'\"$%#?&=+~");
  const segment = fc.string({ unit: letter, minLength: 1, maxLength: 12 })
    .filter((text) => text !== "." && text !== "..");
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((all) => `/${all.join("/")}`)
    .filter((text) => byteLength(text) <= 103);
  fc.assert(fc.property(path, segment, (path, name) => {
    const socket = { kind: "unix", path } as const;
    assert.deepEqual(parseEndpoint(formatEndpoint(socket), "darwin", "x"), socket);
    const pipe = { kind: "pipe", name: `\\\\.\\pipe\\${name}` } as const;
    assert.deepEqual(parseEndpoint(formatEndpoint(pipe), "windows", "x"), pipe);
  }));
});

Deno.test("whatever is given, it is an endpoint of this system or an EndpointError with exit code 4", () => {
  const prefix = fc.constantFrom(
    "",
    "unix://",
    "unix:///",
    "npipe://",
    "npipe:////./pipe/",
    "http://",
  );
  const text = fc.tuple(prefix, fc.string({ unit: "binary", maxLength: 300 })).map((all) =>
    all.join("")
  );
  fc.assert(
    fc.property(text, fc.constantFrom("linux", "darwin", "windows"), (text, os) => {
      try {
        const endpoint = parseEndpoint(text, os, "tray_endpoint");
        assert.equal(endpoint.kind, os === "windows" ? "pipe" : "unix");
        if (endpoint.kind === "unix") {
          assert(endpoint.path.startsWith("/") && !endpoint.path.endsWith("/"));
          assert(byteLength(endpoint.path) <= maxSocketPathBytes(os));
        }
      } catch (error) {
        assert(error instanceof EndpointError, String(error));
        assert.equal(error.exitCode, 4);
      }
    }),
    { numRuns: 1_000 },
  );
});
