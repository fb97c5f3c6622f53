/** Tests that only a Windows can run: a real one, or Wine, which is told by a variable. */
import { operatingSystem } from "../../lib/platform.ts";

const isWindows = operatingSystem === "windows";
/** Set by tests/support/wine.ts. */
export const isWine: boolean = isWindows && Deno.env.get("MCPPROXY_TEST_WINE") === "1";

/** A test of Windows; elsewhere it is one of those that tests/wine_test.ts runs. */
export function testOnWindows(name: string, fn: (t: Deno.TestContext) => Promise<void>): void {
  // Cancelled operations, and children of Wine, are told of by the system when it likes.
  Deno.test({ name, fn, ignore: !isWindows, sanitizeOps: false, sanitizeResources: false });
}

/** A test of what Wine does not do; the workflow runs it on a Windows of Microsoft's. */
export function testOnRealWindows(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name,
    fn,
    ignore: !isWindows || isWine,
    sanitizeOps: false,
    sanitizeResources: false,
  });
}

/** A folder in the user's own temporary folder, which goes with its scope. */
export function folderOnWindows(): { path: string } & Disposable {
  const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "mcpproxy-" }));
  return {
    path,
    [Symbol.dispose]() {
      try {
        Deno.removeSync(path, { recursive: true });
      } catch {
        // A program that has just ended may hold it open for another moment; it is in the temporary folder.
      }
    },
  };
}

/** A name that no other test has. */
export function pipeName(): string {
  return `\\\\.\\pipe\\mcpproxy-test-${crypto.randomUUID()}`;
}
