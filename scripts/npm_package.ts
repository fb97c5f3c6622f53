/** Makes dist/npm, the package behind `npx mcpproxy`: the bundle, started on the Deno that npm brings. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../deno.json" with { type: "json" };
import { say } from "../lib/terminal.ts";
import { addHelper, bundle } from "./build/bundle.ts";
import { runOptions } from "./build/run_options.ts";
import { programsFor, targets } from "./build/targets.ts";

const project = fileURLToPath(new URL("../", import.meta.url));
const folder = join(project, "dist", "npm");
const find = (name: string) => targets.find((target) => target.name === name)!;

await Deno.remove(folder, { recursive: true }).catch(() => {});
await Deno.mkdir(join(folder, "bin"), { recursive: true });
await bundle(join(folder, "app"), { version: manifest.version, releases: undefined });
// npm has one package for all systems.
await addHelper(join(folder, "app"), find("macos-x64"));
await addHelper(join(folder, "app"), find("windows-x64"));

const template = await Deno.readTextFile(new URL("build/npm_start.cjs", import.meta.url));
const windows = programsFor(find("windows-x64"));
for (const [index, { name, entry, permissions }] of programsFor(find("linux-x64")).entries()) {
  const values: Record<string, string> = {
    ...{ name, entry, options: runOptions(permissions).join(" ") },
    windowsoptions: runOptions(windows[index]!.permissions).join(" "),
  };
  const text = template.replaceAll(/@([a-z]+)@/g, (whole, key) => values[key] ?? whole);
  // The tray looks for a program of this name beside itself.
  await Deno.writeTextFile(join(folder, "bin", name), text, { mode: 0o755 });
}
await Deno.copyFile(join(project, "LICENSE"), join(folder, "LICENSE"));
await Deno.copyFile(join(project, "README.md"), join(folder, "README.md"));
await Deno.writeTextFile(
  join(folder, "package.json"),
  JSON.stringify(
    {
      name: "mcpproxy",
      version: manifest.version,
      description: "One private MCP proxy for all your MCP servers and all your AI clients",
      license: manifest.license,
      type: "commonjs",
      bin: { mcpproxy: "bin/mcpproxy", "mcpproxy-tray": "bin/mcpproxy-tray" },
      files: ["bin", "app"],
      engines: { node: ">=20" },
      optionalDependencies: Object.fromEntries(
        targets.map(({ runtimePackage }) => [runtimePackage, Deno.version.deno]),
      ),
    },
    null,
    2,
  ),
);
// Beside the code, which is made of modules.
await Deno.writeTextFile(join(folder, "app", "package.json"), '{ "type": "module" }\n');
say(`${folder}  try it: npm pack, then npx -y ./mcpproxy-${manifest.version}.tgz status`);
