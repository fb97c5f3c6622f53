/** Permission sets of deno.json as options of `deno run`. */

/** A set: for each permission, all of it or a list. */
export type PermissionSet = Readonly<Record<string, boolean | readonly string[]>>;

/**
 * The options that grant what a set grants.
 * @throws {Error} if a list holds what would have to be quoted
 */
export function permissionFlags(set: PermissionSet): string[] {
  return Object.entries(set).flatMap(([name, granted]) => {
    if (typeof granted === "boolean") return granted ? [`--allow-${name}`] : [];
    if (!granted.every((each) => /^[A-Za-z0-9_./:-]+$/.test(each))) {
      throw new Error(`permission ${name} holds what cannot be an option: ${granted.join(", ")}`);
    }
    return granted.length > 0 ? [`--allow-${name}=${granted.join(",")}`] : [];
  });
}
