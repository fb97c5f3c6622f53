/**
 * The Windows build of Deno under Wine, so that what is written for Windows runs on a Linux machine too. Run as root, this
 * module sets it up: a Debian of its own in a folder, since most systems have a Wine that is too old; about two minutes and
 * 2 GB, once. The folder may be deleted at any time.
 *
 * What Wine does not do, so no test under it can show it: enforce the access list of a pipe, keep other machines out, have
 * a second user, or read the lines of a batch file as the cmd.exe of Windows does.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { denoDirectory } from "./sandbox.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));
const root = join(Deno.env.get("HOME") ?? "/root", ".cache", "mcpproxy-test-wine");
/** Within the root: whatever is ours, the copies of the project too. */
const own = join(root, "w");
const prefix = join(own, "prefix");
const deno = join(prefix, "drive_c", "deno", "deno.exe");

/** What keeps tests from running under Wine; null if nothing does. */
export function wineIsMissing(): string | null {
  if (Deno.uid() !== 0) return "only root can change to the root folder of Wine's Debian";
  try {
    Deno.statSync(deno);
    return null;
  } catch {
    return "Wine is not set up (as root: deno run -A tests/support/wine.ts)";
  }
}

/** A run that has ended. */
export interface WineRun {
  success: boolean;
  /** Standard output and standard error. */
  output: string;
}

/**
 * Runs tests of this project by deno.exe. One run at a time: each ends all of Wine when it ends.
 * @param files paths within the project
 * @param limitSeconds after which everything is ended
 */
export async function testUnderWine(
  files: readonly string[],
  limitSeconds: number,
): Promise<WineRun> {
  using lock = await Deno.open(join(own, "lock"), { read: true, write: true, create: true });
  await lock.lock(true);
  const tree = join(own, "tree");
  await remove(tree);
  await Deno.mkdir(tree);
  const copy = 'tar cf - --exclude=.git --exclude=node_modules . | tar xf - -C "$0"';
  await run("sh", ["-c", copy, tree], { cwd: project });
  await shareModules();
  const inWindows = (path: string) => `Z:\\w\\tree\\${path.replaceAll("/", "\\")}`;
  try {
    const flags = ["test", "-A", "--no-check", "--no-lock", "--config", inWindows("deno.json")];
    return await wine(limitSeconds, ["C:\\deno\\deno.exe", ...flags, ...files.map(inWindows)]);
  } finally {
    await inRoot(["/usr/bin/env", "WINEPREFIX=/w/prefix", "/usr/lib/wine/wineserver64", "-k"]);
    await new Deno.Command("umount", { args: [join(root, "proc")], stderr: "null" }).output();
    await remove(tree);
  }
}

/** The modules that we have here need not be fetched there. */
async function shareModules(): Promise<void> {
  const there = join(prefix, "drive_c", "deno_dir");
  await Deno.mkdir(there, { recursive: true });
  // Update, not replace: files of the same name are the same.
  await run("cp", ["-r", "--update=none", join(denoDirectory, "npm"), there])
    .catch(() => run("cp", ["-rn", join(denoDirectory, "npm"), there]));
}

async function wine(limitSeconds: number, command: readonly string[]): Promise<WineRun> {
  const proc = join(root, "proc");
  await run("sh", ["-c", 'mountpoint -q "$0" || mount -t proc proc "$0"', proc]);
  const variables = {
    PATH: "/usr/bin:/bin",
    HOME: "/root",
    XDG_RUNTIME_DIR: "/tmp",
    LANG: "C.UTF-8",
    WINEPREFIX: "/w/prefix",
    WINEDEBUG: "-all",
    WINEDLLOVERRIDES: "mscoree,mshtml=", // no questions about .NET and HTML
    DENO_DIR: "C:\\deno_dir",
    DENO_CERT: "Z:\\w\\ca.pem",
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
    MCPPROXY_TEST_WINE: "1",
  };
  const assigned = Object.entries(variables).map((each) => each.join("="));
  return await inRoot(
    ["/usr/bin/env", "-i", ...assigned, "/usr/lib/wine/wine64", ...command],
    limitSeconds,
  );
}

/** Runs a command in Wine's Debian. */
async function inRoot(command: readonly string[], limitSeconds = 60): Promise<WineRun> {
  const { success, stdout, stderr } = await new Deno.Command("timeout", {
    args: ["-k", "5", `${limitSeconds}`, "chroot", root, ...command],
    stdin: "null",
  }).output();
  return {
    success,
    output: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join(""),
  };
}

async function setUp(): Promise<void> {
  if (wineIsMissing() === null) return;
  await Deno.mkdir(own, { recursive: true });
  if (!exists(join(root, "usr", "lib", "wine", "wine64"))) {
    const mirror = await debianMirror();
    const options = ["--variant=minbase", "--include=wine64", "trixie", root];
    await run("debootstrap", mirror ? [...options, mirror] : options);
  }
  await Deno.copyFile("/etc/ssl/certs/ca-certificates.crt", join(own, "ca.pem"));
  await wine(300, ["wineboot", "-i"]);
  const unpacked = await Deno.makeTempDir();
  const pack = `npm pack --silent @deno/win32-x64@${Deno.version.deno} && tar xzf ./*.tgz`;
  await run("sh", ["-c", pack], { cwd: unpacked });
  await Deno.mkdir(join(deno, ".."), { recursive: true });
  await Deno.copyFile(join(unpacked, "package", "deno.exe"), deno);
  await remove(unpacked);
}

/** The mirror that this machine uses, if it is a Debian; where none is named, debootstrap has its own. */
async function debianMirror(): Promise<string | null> {
  for (const file of ["sources.list.d/debian.sources", "sources.list"]) {
    const text = await Deno.readTextFile(`/etc/apt/${file}`).catch(() => "");
    const found = /^(?:URIs:|deb(?: \[.*\])?) +(\S+\/debian)\/?(?: |$)/m.exec(text)?.[1];
    if (found) return found;
  }
  return null;
}

async function run(program: string, args: string[], options: { cwd?: string } = {}): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    ...options,
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}

async function remove(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) await setUp();
