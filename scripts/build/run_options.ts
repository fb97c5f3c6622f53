/** What deno.json grants and switches on, as options of `deno run`, for code that runs without it. */
import manifest from "../../deno.json" with { type: "json" };

/** The name of a permission set. */
export type PermissionSetName = keyof typeof manifest.permissions;

/**
 * The options that stand for deno.json.
 * @param name the permission set
 * @returns none of them needs quoting
 * @throws {Error} if a list of the set holds what would have to be quoted
 */
export function runOptions(name: PermissionSetName): string[] {
  const set: Record<string, boolean | readonly string[]> = manifest.permissions[name];
  return [
    ...manifest.unstable.map((feature) => `--unstable-${feature}`),
    ...Object.entries(set).flatMap(([permission, granted]) => {
      if (typeof granted === "boolean") return granted ? [`--allow-${permission}`] : [];
      if (!granted.every((each) => /^[A-Za-z0-9_./:-]+$/.test(each))) {
        throw new Error(
          `${permission} is granted for what no option can say: ${granted.join(", ")}`,
        );
      }
      return granted.length > 0 ? [`--allow-${permission}=${granted.join(",")}`] : [];
    }),
  ];
}
