/**
 * Proves that `deno compile` can embed both programs, also where its base binary cannot be had: this Deno stands for it.
 * What that makes is measured and thrown away; it is no program, since a whole Deno does not look behind itself.
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { say } from "../../lib/terminal.ts";
import { compile } from "./native.ts";
import { ownTarget, programsFor } from "./targets.ts";

/** Bytes that a program may be larger than its base binary. */
const budget = 8_000_000;

/**
 * Embeds both programs of this machine and tells how large they are.
 * @param folder the bundle
 * @param work a folder for what is made
 * @throws {Error} if one cannot be embedded, or is over the budget
 */
export async function checkEmbedding(folder: string, work: string): Promise<void> {
  Deno.env.set("DENORT_BIN", Deno.execPath());
  const base = (await Deno.stat(Deno.execPath())).size;
  const target = ownTarget();
  const over: string[] = [];
  for (const program of programsFor(target)) {
    const path = join(work, `${program.name}.embedded`);
    await compile(program, target, folder, path);
    const embedded = Buffer.from((await Deno.readFile(path)).buffer).subarray(base);
    for (const name of await wanted(folder, program.entry)) {
      const file = Buffer.from(await Deno.readFile(join(folder, name)));
      if (!embedded.includes(file)) throw new Error(`${program.name}: ${name} was not embedded`);
    }
    const size = embedded.length;
    say(`${program.name}: ${megabytes(size)} embedded, budget ${megabytes(budget)}`);
    if (size > budget) over.push(program.name);
    await Deno.remove(path);
  }
  if (over.length > 0) throw new Error(`over the budget: ${over.join(", ")}`);
}

/** Every module that an entry imports, at once or later, and all icons. */
async function wanted(folder: string, entry: string): Promise<Set<string>> {
  const names = new Set([entry]);
  for (const name of names) {
    const text = await Deno.readTextFile(join(folder, name));
    for (const [, imported] of text.matchAll(/"\.\/([\w.-]+\.js)"/g)) names.add(imported!);
  }
  for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".png")) names.add(name);
  return names;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
