/** Which program is started as the core, on disks that exist in memory only. */
import assert from "node:assert/strict";
import {
  CoreMissingError,
  findCoreProgram,
  type ProgramFiles,
  type ProgramSources,
} from "../../lib/launch/core_program.ts";

const user = 1000;
type Entry = { uid?: number; gid?: number; mode?: number; link?: string };

/** Files by path; every folder that is not given is root's, 0755. */
function disk(files: Record<string, Entry>): ProgramFiles {
  return {
    realPath: (path) => files[path] ? files[path].link ?? path : null,
    look: (path) => {
      const entry = files[path];
      const isFile = entry !== undefined && path.split("/").at(-1)!.startsWith("mcpproxy");
      return { isFile, uid: entry?.uid ?? 0, gid: entry?.gid ?? 0, mode: entry?.mode ?? 0o755 };
    },
  };
}

function sources(more: Partial<ProgramSources> = {}): ProgramSources {
  return {
    platform: "linux",
    environment: { HOME: "/home/me" },
    ownFolder: "/opt/mcpproxy",
    checkout: null,
    searchPath: "/usr/bin:/opt/tools:relative:",
    user,
    ...more,
  };
}

function found(files: Record<string, Entry>, more: Partial<ProgramSources> = {}): string {
  return findCoreProgram(sources(more), disk(files)).command;
}

function refused(files: Record<string, Entry>, more: Partial<ProgramSources> = {}): string {
  try {
    return `found ${found(files, more)}`;
  } catch (error) {
    assert(error instanceof CoreMissingError);
    assert(error.next);
    return error.message;
  }
}

Deno.test("the first that is there wins: beside the tray, the usual places, the login shell's PATH", () => {
  const places = [
    "/opt/mcpproxy/mcpproxy",
    "/home/me/.local/bin/mcpproxy",
    "/home/me/.mcpproxy/bin/mcpproxy",
    "/usr/local/bin/mcpproxy",
    "/usr/bin/mcpproxy",
    "/opt/tools/mcpproxy",
  ];
  for (const [index, place] of places.entries()) {
    const there = Object.fromEntries(places.slice(index).map((path) => [path, {}]));
    assert.equal(found(there), place);
  }
  assert.match(refused({ "/tmp/relative/mcpproxy": {} }), /^No program of the core was found$/);
});

Deno.test("on macOS Homebrew's folder is looked into too, on Windows the user's own", () => {
  const brew = "/opt/homebrew/bin/mcpproxy";
  const cellar = "/opt/homebrew/Cellar/mcpproxy/1.0.0/bin/mcpproxy";
  const files = {
    [brew]: { link: cellar },
    [cellar]: { uid: user, gid: 80 },
    "/opt/homebrew": { uid: user, gid: 80, mode: 0o775 }, // the group "admin"
  };
  assert.equal(found(files, { platform: "darwin" }), cellar);
  assert.match(refused(files), /No program/);
  const windows: Partial<ProgramSources> = {
    platform: "windows",
    environment: { LOCALAPPDATA: "C:\\Users\\me\\AppData\\Local" },
    ownFolder: "C:\\mcpproxy",
    searchPath: "C:\\Windows;D:\\bin",
    user: null,
  };
  const local = "C:\\Users\\me\\AppData\\Local\\mcpproxy\\mcpproxy.exe";
  const files2: ProgramFiles = {
    realPath: (path) => [local, "D:\\bin\\mcpproxy.exe"].includes(path) ? path : null,
    look: () => ({ isFile: true, uid: null, gid: null, mode: null }),
  };
  assert.equal(findCoreProgram(sources(windows), files2).command, local);
});

Deno.test("from its sources the tray starts the core's beside it, by the Deno that runs it", () => {
  const checkout = { deno: "/usr/bin/deno", root: "/src/mcpproxy/" };
  const files = disk({ "/usr/local/bin/mcpproxy": {} });
  const { command, args } = findCoreProgram(sources({ checkout }), files);
  assert.equal(
    [command, ...args].join(" "),
    "/usr/bin/deno run -q --no-prompt --config /src/mcpproxy/deno.json -P=core /src/mcpproxy/main.ts",
  );
});

Deno.test("MCPPROXY_CORE_PATH goes before everything else, and is never passed over", () => {
  const files = { "/my/mcpproxy": { uid: user }, "/usr/bin/mcpproxy": {} };
  const given = (path: string) => ({ environment: { MCPPROXY_CORE_PATH: path } });
  const checkout = { deno: "/usr/bin/deno", root: "/src/mcpproxy/" };
  assert.equal(found(files, { ...given("/my/mcpproxy"), checkout }), "/my/mcpproxy");
  assert.match(refused(files, given("/your/mcpproxy")), /\/your\/mcpproxy.*is not there/);
  assert.match(refused(files, given("mcpproxy")), /no absolute path/);
  assert.match(
    refused({ "/my/mcpproxy": { mode: 0o757 } }, given("/my/mcpproxy")),
    /MCPPROXY_CORE_PATH names, can be written by others \(mode 0757/,
  );
});

const unfit: [what: string, files: Record<string, Entry>, why: RegExp | null][] = [
  ["a program of ours", { "/usr/bin/mcpproxy": { uid: user, gid: user, mode: 0o700 } }, null],
  ["a group of our own may write", { "/usr/bin/mcpproxy": { gid: user, mode: 0o775 } }, null],
  ["another user's", { "/usr/bin/mcpproxy": { uid: 1001 } }, /belongs to user 1001/],
  ["everybody may write", { "/usr/bin/mcpproxy": { mode: 0o757 } }, /by others.*chmod go-w/],
  ["a group may write", { "/usr/bin/mcpproxy": { gid: 100, mode: 0o775 } }, /by others/],
  ["it is not executable", { "/usr/bin/mcpproxy": { mode: 0o644 } }, /not executable/],
  [
    "everybody may write to its folder",
    { "/usr/bin/mcpproxy": {}, "/usr/bin": { mode: 0o777 } },
    /lies in \/usr\/bin, which everybody/,
  ],
  [
    "another user owns a folder above",
    { "/usr/bin/mcpproxy": {}, "/usr": { uid: 1001 } },
    /lies in \/usr, which user 1001 owns/,
  ],
  [
    "a folder with the sticky bit above",
    { "/usr/bin/mcpproxy": {}, "/usr": { mode: 0o1777 } },
    null,
  ],
  [
    "what a link leads to counts",
    { "/usr/bin/mcpproxy": { link: "/x/mcpproxy" }, "/x/mcpproxy": { uid: 1001 } },
    /belongs to user 1001/,
  ],
];
for (const [what, files, why] of unfit) {
  Deno.test(`${why ? "refused" : "accepted"}: ${what}`, () => {
    if (!why) return void assert.match(found(files), /mcpproxy$/);
    assert.match(refused(files), why);
    // The next place is looked at all the same.
    assert.equal(found({ ...files, "/opt/tools/mcpproxy": {} }), "/opt/tools/mcpproxy");
  });
}
