/** The workflows: what they call cannot be replaced, they may no more than they need, and their scripts are sound. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { testWithPrograms } from "../support/programs.ts";

interface Step {
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

interface Workflow {
  permissions: unknown;
  jobs: Record<string, { permissions?: unknown; steps: Step[]; "timeout-minutes"?: number }>;
}

const folder = new URL("../../.github/workflows/", import.meta.url);
const workflows = [...Deno.readDirSync(folder)].map(({ name }) => {
  const workflow: Workflow = parse(Deno.readTextFileSync(new URL(name, folder)));
  return { name, workflow };
});
const steps = workflows.flatMap(({ name, workflow }) =>
  Object.entries(workflow.jobs).flatMap(([job, each]) =>
    each.steps.map((step) => ({ place: `${name}, ${job}: ${step.name ?? step.uses}`, step }))
  )
);

Deno.test("an action is the commit that was looked at, whatever becomes of its tag", () => {
  const used = steps.filter(({ step }) => step.uses !== undefined);
  assert(used.length > 0);
  for (const { place, step } of used) {
    assert.match(step.uses!, /^actions\/[a-z-]+@[0-9a-f]{40}$/, place);
    if (!step.uses!.startsWith("actions/checkout@")) continue;
    assert.equal(step.with?.["persist-credentials"], false, place);
  }
});

Deno.test("a workflow may read the repository; only what publishes may write, and only what it needs", () => {
  for (const { name, workflow } of workflows) {
    assert.deepEqual(workflow.permissions, { contents: "read" }, name);
    for (const [job, { permissions, ...rest }] of Object.entries(workflow.jobs)) {
      const expected = job === "publish"
        ? { contents: "write", "id-token": "write", attestations: "write" }
        : undefined;
      assert.deepEqual(permissions, expected, `${name}, ${job}`);
      assert(rest["timeout-minutes"]! <= 60, `${name}, ${job}: how long may it take?`);
    }
  }
});

testWithPrograms("shellcheck finds nothing in their scripts", ["shellcheck"], async () => {
  for (const { place, step } of steps) {
    if (step.run === undefined) continue;
    // Of the matrix alone: anything else might be text that somebody else has chosen.
    const script = step.run.replace(/\$\{\{ matrix\.\w+ \}\}/g, "value");
    assert(!script.includes("${{"), place);
    const child = new Deno.Command("shellcheck", {
      args: ["--shell=bash", "--exclude=SC2086", "-"], // $DENO is meant to become several words
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(`set -e\n${script}`));
    await writer.close();
    const { success, stdout } = await child.output();
    assert(success, `${place}\n${new TextDecoder().decode(stdout)}`);
  }
});
