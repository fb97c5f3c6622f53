/** Tests that need programs which not every machine has. */
import { operatingSystem } from "../../lib/platform.ts";

/**
 * A test of Linux that needs programs. Without them it says so and is left out; where CI=true it fails instead, so that
 * nobody takes it for passed.
 * @param title of the test
 * @param programs looked for on PATH
 * @param test what to run
 */
export function testWithPrograms(
  title: string,
  programs: readonly string[],
  test: (context: Deno.TestContext) => Promise<void>,
): void {
  const missing = operatingSystem === "linux" ? programs.filter((name) => !isOnPath(name)) : [];
  const mayMiss = Deno.env.get("CI") !== "true";
  const reason = operatingSystem !== "linux"
    ? "this is not Linux"
    : `${missing.join(", ")} not installed`;
  const isLeftOut = operatingSystem !== "linux" || (missing.length > 0 && mayMiss);
  if (isLeftOut) {
    // deno-lint-ignore no-console -- a test that does not run has to say so
    console.error(`not run, since ${reason}: ${title}`);
  }
  Deno.test({
    name: title,
    ignore: isLeftOut,
    fn: (context) => {
      if (missing.length > 0) throw new Error(reason);
      return test(context);
    },
  });
}

function isOnPath(name: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${name}`).isFile;
    } catch {
      return false;
    }
  });
}
