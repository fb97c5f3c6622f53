/**
 * `deno task bench`: measures the core as it is run, prints the table and writes it to docs/benchmarks.md.
 * `--strict` ends with exit code 1 if a target was missed. Names of measurements run those alone and write nothing.
 */
import { measureEvents } from "./events.ts";
import { measureIdleMemory } from "./idle_memory.ts";
import { measureMemoryGrowth } from "./memory_growth.ts";
import { markdown, type Measurement } from "./report.ts";
import { measureStartUp } from "./start_up.ts";
import { measureStatusRequests } from "./status_requests.ts";
import { measureToolCalls } from "./tool_calls.ts";

const measurements: Record<string, () => Promise<Measurement>> = {
  start_up: measureStartUp,
  idle_memory: measureIdleMemory,
  status_requests: measureStatusRequests,
  tool_calls: measureToolCalls,
  events: measureEvents,
  memory_growth: measureMemoryGrowth,
};

const strict = Deno.args.includes("--strict");
const chosen = Deno.args.filter((argument) => argument !== "--strict");
const unknown = chosen.filter((name) => !(name in measurements));
if (unknown.length > 0) {
  print(`There is no ${unknown.join(", ")}. There are: ${Object.keys(measurements).join(", ")}\n`);
  Deno.exit(1);
}

const [loadBefore = NaN] = Deno.loadavg();
const begin = performance.now();
const done: Measurement[] = [];
for (const [name, measure] of Object.entries(measurements)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const since = performance.now();
  done.push(await measure());
  print(`${name}: ${((performance.now() - since) / 1000).toFixed(0)} s\n`);
}
const text = await formatted(markdown(done, facts()));
print(`\n${text}`);
if (chosen.length === 0) {
  await Deno.writeTextFile(new URL("../../docs/benchmarks.md", import.meta.url), text);
}
const missed = done.flatMap(({ rows }) => rows).filter(({ met }) => met === false);
Deno.exit(strict && missed.length > 0 ? 1 : 0);

function facts(): Record<string, string> {
  const model = /^model name\s*:\s*(.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1];
  return {
    "Date": new Date().toISOString().slice(0, 10),
    "Machine": `${navigator.hardwareConcurrency} cores (${model ?? "unknown model"})`,
    "Kernel": `Linux ${Deno.osRelease()}`,
    "Deno": `${Deno.version.deno} (V8 ${Deno.version.v8})`,
    "Load average before the run": loadBefore.toFixed(2),
    "Duration of the run": `${((performance.now() - begin) / 1000).toFixed(0)} s`,
  };
}

/** As `deno fmt` wants it. */
async function formatted(text: string): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "-q", "--ext", "md", "-"],
    cwd: new URL("../..", import.meta.url),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  return new TextDecoder().decode((await process.output()).stdout);
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
