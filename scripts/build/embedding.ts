/**
 * Proves that `deno compile` can embed both programs, also where its base binary cannot be had: this Deno stands for it.
 * What that makes is measured and thrown away; it is no program, since a whole Deno does not look behind itself.
 */
import { join } from "node:path";
import { say } from "../../lib/terminal.ts";
import { compile } from "./native.ts";
import { ownTarget, programsFor } from "./targets.ts";

/** Bytes that a program may be larger than its base binary. */
const budget = 4_000_000;

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
    const { size } = await Deno.stat(path);
    const embedded = size - base;
    if (embedded < 100_000) {
      throw new Error(`${program.name}: only ${embedded} bytes were embedded`);
    }
    say(`${program.name}: ${megabytes(embedded)} embedded, budget ${megabytes(budget)}`);
    if (embedded > budget) over.push(program.name);
    await Deno.remove(path);
  }
  if (over.length > 0) throw new Error(`over the budget: ${over.join(", ")}`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
