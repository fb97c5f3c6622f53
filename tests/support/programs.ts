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
  testOnLinux(title, missing.length > 0 ? `${missing.join(", ")} not installed` : null, test);
}

/**
 * A test of Linux that something keeps from running, or nothing does; see {@linkcode testWithPrograms}.
 * @param title of the test
 * @param missing what it lacks, for the line that says so; null if nothing
 * @param test what to run
 */
export function testOnLinux(
  title: string,
  missing: string | null,
  test: (context: Deno.TestContext) => Promise<void>,
): void {
  const isLinux = operatingSystem === "linux";
  const mayMiss = Deno.env.get("CI") !== "true";
  const reason = isLinux ? missing : "this is not Linux";
  const isLeftOut = !isLinux || (missing !== null && mayMiss);
  if (isLeftOut) {
    // deno-lint-ignore no-console -- a test that does not run has to say so
    console.error(`not run, since ${reason}: ${title}`);
  }
  Deno.test({
    name: title,
    ignore: isLeftOut,
    fn: (context) => {
      if (missing !== null) throw new Error(missing);
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
