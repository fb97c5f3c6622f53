/** What this process was started from: a program that was built, or a checkout. */
import build from "./build.json" with { type: "json" };

/** `scripts/build` writes another build.json; in a checkout all of it is false or null. */
const facts = build as { built: boolean; commit: string | null; releases: string | null };

/**
 * The file that somebody starts to start this program again; null in a checkout.
 *
 * What `deno compile` made is its own executable. The portable form runs on a Deno that lies in a cache, and names itself
 * in its first argument: nothing that it starts inherits an argument, as it would a variable.
 */
export const ownFile: string | null = Deno.build.standalone
  ? Deno.execPath()
  : facts.built
  ? Deno.args[0] ?? null
  : null;

/** What follows the program's name. */
export const ownArguments: string[] = facts.built && !Deno.build.standalone
  ? Deno.args.slice(1)
  : [...Deno.args];

/** Whether what the npm packages and the checkout hold as files lies beside the code instead. */
export const isBuilt: boolean = facts.built;

/** Short hash of the commit that was built; null in a checkout, and where there was no git. */
export const commit: string | null = facts.commit;

/** Where releases of this program are published; null in a checkout, and where the builder did not say. */
export const ownReleases: string | null = facts.releases;
