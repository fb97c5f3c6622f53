/** A throwaway folder. */

/** A folder of mode 0700 that goes, with all that is in it, when its scope ends. */
export interface TemporaryFolder extends Disposable {
  /** Its real path. */
  path: string;
}

/** Makes one, below a folder that others may pass through: a test may open it to another user. */
export function temporaryFolder(): TemporaryFolder {
  const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "mcpproxy-" }));
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}
