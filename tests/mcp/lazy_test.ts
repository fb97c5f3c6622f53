import assert from "node:assert/strict";

interface Module {
  specifier: string;
  dependencies?: { code?: { specifier: string }; isDynamic?: boolean }[];
}

/** All that is loaded when a module is, by what Deno knows of the imports. */
async function loadedWith(entry: string): Promise<Set<string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    stderr: "null",
  }).output();
  const { modules }: { modules: Module[] } = JSON.parse(new TextDecoder().decode(stdout));
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set<string>();
  const visit = (specifier: string) => {
    if (loaded.has(specifier)) return;
    loaded.add(specifier);
    for (const { code, isDynamic } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code !== undefined && isDynamic !== true) visit(code.specifier);
    }
  };
  visit(import.meta.resolve(entry));
  return loaded;
}

Deno.test("nothing heavy is loaded with the endpoint or the search, only with their first use", async () => {
  for (const entry of ["../../lib/mcp/endpoint.ts", "../../lib/tools/search.ts"]) {
    const loaded = await loadedWith(new URL(entry, import.meta.url).href);
    assert.ok(loaded.size > 1);
    const heavy = [...loaded].filter((specifier) => /modelcontextprotocol|^node:/.test(specifier));
    assert.deepEqual(heavy, []);
  }
});
