/** Makes the programs to download: `deno task compile`, `compile:all` and `compile:check`. */
import { Command } from "@commander-js/extra-typings";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../deno.json" with { type: "json" };
import { messageOf } from "../lib/errors.ts";
import { operatingSystem } from "../lib/platform.ts";
import { complain, say } from "../lib/terminal.ts";
import { addHelper, bundle, copyTree } from "./build/bundle.ts";
import { checkEmbedding } from "./build/embedding.ts";
import { BaseBinaryError, compile } from "./build/native.ts";
import { pack, writePortable } from "./build/portable.ts";
import { ownTarget, type Program, programsFor, type Target, targets } from "./build/targets.ts";

const options = new Command("compile")
  .option("--all", "for every system, each into a folder of its own")
  .option("--portable", "the portable form, without a try at deno compile")
  .option("--check", "only prove that deno compile can embed both programs, and tell their size")
  .option("--out <folder>", "where to put them", fileURLToPath(new URL("../dist", import.meta.url)))
  .option("--as-version <version>", "the version that they say they have", manifest.version)
  .option("--releases <url>", "where releases are published; for mcpproxy update --check")
  .parse(["deno", "compile", ...Deno.args])
  .opts();

const work = await Deno.makeTempDir({ prefix: "mcpproxy-build-" });
try {
  const version = options.asVersion;
  const bundled = join(work, "bundle");
  await bundle(bundled, { version, releases: options.releases });
  if (options.check) {
    await checkEmbedding(bundled, work);
  } else {
    const out = resolve(options.out);
    for (const target of options.all ? targets : [ownTarget()]) {
      await makeFor(target, bundled, version, options.all ? join(out, target.name) : out);
    }
  }
} catch (error) {
  complain(messageOf(error));
  Deno.exitCode = 1;
} finally {
  await Deno.remove(work, { recursive: true });
}

/** Makes both programs for a system, in the one form that can be had. */
async function makeFor(
  target: Target,
  bundled: string,
  version: string,
  out: string,
): Promise<void> {
  await Deno.mkdir(out, { recursive: true });
  const folder = join(work, target.name);
  await copyTree(bundled, folder);
  await addHelper(folder, target);
  const programs = programsFor(target);
  const suffix = target.system === "windows" ? ".exe" : "";
  const make = async (how: (program: Program, path: string) => Promise<void>, form: string) => {
    for (const program of programs) {
      const made = join(work, `${target.name}-${program.name}${suffix}`);
      await how(program, made);
      await bring(made, join(out, `${program.name}${suffix}`), form);
    }
  };
  if (!options.portable) {
    try {
      return await make((program, path) => compile(program, target, folder, path), "deno compile");
    } catch (error) {
      if (!(error instanceof BaseBinaryError)) throw error;
      const instead = target.system === "windows"
        ? "there is no portable form for Windows: nothing made"
        : "making the portable form instead";
      say(
        `${target.name}: deno compile cannot fetch its base binary (${error.message}); ${instead}.`,
      );
    }
  }
  if (target.system === "windows") return;
  const payload = await pack(folder, target, version);
  await make((program, path) => writePortable(program, payload, path), "portable form");
}

/** What lies there may be running: it is replaced, not written to. */
async function bring(made: string, path: string, form: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  await Deno.copyFile(made, temporary);
  if (operatingSystem !== "windows") await Deno.chmod(temporary, 0o755);
  await Deno.rename(temporary, path);
  const { size } = await Deno.stat(path);
  say(`${path}  ${(size / 1e6).toFixed(1)} MB, ${form}`);
}
