/** The code of both programs as a few modules, with all files that it reads beside it; both forms are made of it. */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../../deno.json" with { type: "json" };
import { darwinHelper } from "../../lib/tray/desktop/desktop_darwin.ts";
import { windowsHelper } from "../../lib/tray/desktop/desktop_windows.ts";
import { iconFile, iconNames, iconSizes } from "../../lib/tray/icons/icons.ts";
import { CommandError, run } from "./run.ts";
import type { Target } from "./targets.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));

/** What is bundled. */
export interface BundleOptions {
  /** The version that it says it has. */
  version: string;
  /** URL of the releases that it is one of. */
  releases: string | undefined;
}

/**
 * Bundles both programs, from a copy of the sources in which lib/build.json tells of the build.
 * @param folder where the modules and icons go; must not exist
 */
export async function bundle(folder: string, { version, releases }: BundleOptions): Promise<void> {
  const sources = await Deno.makeTempDir({ prefix: "mcpproxy-sources-" });
  try {
    await copyTree(join(project, "lib"), join(sources, "lib"));
    for (const file of ["main.ts", "tray.ts", "deno.lock"]) {
      await Deno.copyFile(join(project, file), join(sources, file));
    }
    // The whole of it becomes a part of the bundle, since lib/version.ts reads it.
    const { tasks: _tasks, fmt: _fmt, lint: _lint, test: _test, ...config } = manifest;
    await writeJson(join(sources, "deno.json"), { ...config, version });
    await writeJson(join(sources, "lib/build.json"), {
      built: true,
      commit: await commit(),
      releases: releases ?? null,
    });
    // Not one file: what a command does not need is not even read. Not minified: the esbuild of Deno 2.9 then takes
    // `using listener = listen(); return listener.port` for `return listen().port`, and nothing is ever closed.
    const how = ["--code-splitting", "--frozen"];
    await run(
      [Deno.execPath(), "bundle", "-q", ...how, "--outdir", folder, "main.ts", "tray.ts"],
      sources,
    );
    await clean(folder, sources);
  } finally {
    await Deno.remove(sources, { recursive: true });
  }
  for (const name of iconNames) {
    for (const size of iconSizes) {
      const file = fileURLToPath(iconFile(name, size));
      await Deno.copyFile(file, join(folder, `${name}_${size}.png`));
    }
  }
}

/**
 * Takes the builder's paths out of the modules, and refuses one that would not work: a CommonJS package behind a dynamic
 * import has no named exports in what `deno bundle` makes of it, though it has them in a checkout.
 */
async function clean(folder: string, sources: string): Promise<void> {
  const { npmCache } = JSON.parse(await run([Deno.execPath(), "info", "--json"]));
  const path = relative(await Deno.realPath(sources), npmCache).replaceAll("\\", "/");
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(join(folder, name));
    if (/^export default require_/m.test(text)) {
      throw new Error(
        `${name}: import that CommonJS package in a module of ours, and that dynamically`,
      );
    }
    await Deno.writeTextFile(join(folder, name), text.replaceAll(path, "npm"));
  }
}

/**
 * Adds what only one system needs: the helper of its tray.
 * @param folder a copy of the bundle
 */
export async function addHelper(folder: string, { system }: Target): Promise<void> {
  if (system === "linux") return;
  const { name } = system === "darwin" ? darwinHelper : windowsHelper;
  const systray = dirname(fileURLToPath(import.meta.resolve("systray2/package.json")));
  await Deno.mkdir(join(folder, "traybin"), { recursive: true });
  await Deno.copyFile(join(systray, "traybin", name), join(folder, "traybin", name));
}

/** Copies a folder with all in it. @param to must not exist */
export async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyTree(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(value, null, 2));
}

/** Null where the sources are no checkout; marked where they are not what was committed. */
async function commit(): Promise<string | null> {
  try {
    const described = await run(["git", "describe", "--always", "--dirty", "--exclude=*"], project);
    return described.trim();
  } catch (error) {
    if (error instanceof CommandError || error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
