/**
 * The portable form of a program: a shell script with a Deno and the bundle behind it, for builders that cannot fetch what
 * `deno compile` needs. Not for Windows, where no script can be started the way a program is: a batch file is run by
 * cmd.exe, which takes arguments apart once more and cannot be relied on to carry a binary.
 */
import { join } from "node:path";
import { run } from "./run.ts";
import { runOptions } from "./run_options.ts";
import { ownTarget, type Program, type Target } from "./targets.ts";

/** What lies behind the script; the same for both programs of a system. */
export interface Payload {
  target: Target;
  version: string;
  /** Compressed. */
  bytes: Uint8Array<ArrayBuffer>;
  /** How many files it holds, and how many bytes these have together. */
  files: number;
  size: number;
}

/**
 * Packs a bundle and the runtime for it.
 * @param folder the bundle, with what this system needs; gets the runtime
 * @param version that of the bundle
 * @throws {CommandError} if npm cannot bring the Deno for another system than this
 */
export async function pack(folder: string, target: Target, version: string): Promise<Payload> {
  const runtime = join(folder, "mcpproxy");
  await fetchRuntime(target, runtime);
  await Deno.chmod(runtime, 0o700);
  // Two names of one file, so that `ps` tells them apart.
  await Deno.link(runtime, join(folder, "mcpproxy-tray"));
  const files: string[] = [];
  let size = 0;
  for await (const { path, bytes } of walk(folder)) {
    await Deno.utime(join(folder, path), 0, 0); // the same bundle makes the same file
    files.push(path);
    size += bytes;
  }
  const isGnu = (await run(["tar", "--version"])).includes("GNU");
  const owner = isGnu
    ? ["--owner=0", "--group=0", "--numeric-owner"]
    : ["--uid=0", "--gid=0", "--numeric-owner"];
  const tar = new Deno.Command("tar", {
    args: ["--format=ustar", ...owner, "-cf", "-", ...files.sort()],
    cwd: folder,
    stdout: "piped",
  }).spawn();
  const packed = tar.stdout.pipeThrough(new CompressionStream("gzip"));
  const bytes = await new Response(packed).bytes();
  if (!(await tar.status).success) throw new Error("tar failed");
  return { target, version, bytes, files: files.length, size };
}

/**
 * Writes the portable form of a program.
 * @param program which
 * @param payload what it unpacks
 * @param path where it goes; must not exist
 */
export async function writePortable(
  { name, entry, permissions }: Program,
  { target, version, bytes, files, size }: Payload,
  path: string,
): Promise<void> {
  const id = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, 16);
  const values: Record<string, string> = {
    ...{ id, name, entry, version, target: target.name },
    cache: target.system === "darwin" ? "Library/Caches" : ".cache",
    files: String(files),
    bytes: String(size),
    megabytes: String(Math.ceil(size / 1e6)),
    options: runOptions(permissions).join(" "),
  };
  const template = await Deno.readTextFile(new URL("portable_header.sh", import.meta.url));
  const filled = template.replaceAll(/@([a-z]+)@/g, (whole, key) => values[key] ?? whole);
  const header = new TextEncoder().encode(withOffset(filled));
  await Deno.writeFile(path, header);
  await Deno.writeFile(path, bytes, { append: true });
}

/** `tail -c +N` counts from 1; the number itself is a part of what it counts. */
function withOffset(header: string): string {
  const width = 8;
  const bytes = new TextEncoder().encode(header).length - "@offset@".length + width;
  return header.replace("@offset@", String(bytes + 1).padEnd(width));
}

async function fetchRuntime(target: Target, path: string): Promise<void> {
  if (target === ownTarget()) return await Deno.copyFile(Deno.execPath(), path);
  const folder = await Deno.makeTempDir({ prefix: "mcpproxy-runtime-" });
  try {
    // npm compares what it fetches with the hash that the registry states. Nothing of the package is run.
    const spec = `${target.runtimePackage}@${Deno.version.deno}`;
    const said = await run(["npm", "pack", "--silent", "--ignore-scripts", spec], folder);
    await run(["tar", "-xof", said.trim().split("\n").at(-1)!, "package/deno"], folder);
    await Deno.copyFile(join(folder, "package/deno"), path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function* walk(folder: string, under = ""): AsyncGenerator<{ path: string; bytes: number }> {
  for await (const { name, isDirectory } of Deno.readDir(join(folder, under))) {
    const path = join(under, name);
    if (isDirectory) yield* walk(folder, path);
    else yield { path, bytes: (await Deno.stat(join(folder, path))).size };
  }
}
