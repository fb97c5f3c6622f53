/**
 * Writes dist/mcpproxy.cdx.json: what the programs are made of, as CycloneDX 1.6
 * (https://cyclonedx.org/docs/1.6/json/). Which packages these are is told by the module graph; their hashes by deno.lock.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../deno.json" with { type: "json" };
import { say } from "../lib/terminal.ts";
import { run } from "./build/run.ts";

const project = fileURLToPath(new URL("../", import.meta.url));

/** What `deno info --json` tells of a package. */
interface NpmPackage {
  name: string;
  version: string;
  dependencies: string[];
  localPath: string;
}

/** What `deno info --json` tells. */
interface ModuleGraph {
  modules: { kind?: string; npmPackage?: string }[];
  npmPackages: Record<string, NpmPackage>;
}

const lock: { npm: Record<string, { integrity: string }> } = JSON.parse(
  await Deno.readTextFile(join(project, "deno.lock")),
);
const packages = await shippedPackages();
const ownPurl = `pkg:generic/mcpproxy@${manifest.version}`;
const denoPurl = `pkg:github/denoland/deno@v${Deno.version.deno}`;
const bom = {
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  version: 1,
  metadata: {
    component: {
      ...{ type: "application", "bom-ref": ownPurl, name: "mcpproxy", version: manifest.version },
      ...{ purl: ownPurl, licenses: [{ license: { id: manifest.license } }] },
    },
  },
  components: [
    {
      ...{ type: "application", "bom-ref": denoPurl, name: "deno", version: Deno.version.deno },
      ...{ purl: denoPurl, licenses: [{ license: { id: "MIT" } }] },
    },
    ...await Promise.all([...packages].map(([id, found]) => component(id, found))),
  ],
  dependencies: [
    { ref: ownPurl, dependsOn: [denoPurl, ...[...packages.values()].map(purl)] },
    ...[...packages.values()].map((found) => ({
      ref: purl(found),
      dependsOn: found.dependencies.flatMap((id) => {
        const other = packages.get(id);
        return other ? [purl(other)] : [];
      }),
    })),
  ],
};
const path = join(project, "dist", "mcpproxy.cdx.json");
await Deno.mkdir(join(project, "dist"), { recursive: true });
await Deno.writeTextFile(path, `${JSON.stringify(bom, null, 2)}\n`);
say(`${path}  ${bom.components.length} components`);

/** Everything that the programs import, with what that needs, by id. */
async function shippedPackages(): Promise<Map<string, NpmPackage>> {
  const found = new Map<string, NpmPackage>();
  for (const entry of ["main.ts", "tray.ts"]) {
    const graph: ModuleGraph = JSON.parse(
      await run([Deno.execPath(), "info", "--json", entry], project),
    );
    const add = (id: string) => {
      const one = graph.npmPackages[id];
      if (!one || found.has(id)) return;
      found.set(id, one);
      one.dependencies.forEach(add);
    };
    for (const { npmPackage } of graph.modules) if (npmPackage) add(npmPackage);
    // Of systray2 its programs are taken, and none of its code.
    const systray = Object.entries(graph.npmPackages).find(([, { name }]) => name === "systray2");
    if (systray) found.set(systray[0], { ...systray[1], dependencies: [] });
  }
  return new Map([...found].sort(([one], [other]) => one < other ? -1 : 1));
}

async function component(id: string, found: NpmPackage): Promise<Record<string, unknown>> {
  const integrity = lock.npm[id]?.integrity;
  if (!integrity) throw new Error(`${id} is not in deno.lock`);
  const { license } = JSON.parse(await Deno.readTextFile(join(found.localPath, "package.json")));
  return {
    ...{ type: "library", "bom-ref": purl(found), name: found.name, version: found.version },
    purl: purl(found),
    hashes: [{
      alg: "SHA-512",
      content: Uint8Array.fromBase64(integrity.slice("sha512-".length)).toHex(),
    }],
    ...typeof license === "string" ? { licenses: [{ license: { name: license } }] } : {},
  };
}

/** https://github.com/package-url/purl-spec: the `@` of a scope is percent-encoded. */
function purl({ name, version }: NpmPackage): string {
  return `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
}
