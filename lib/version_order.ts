/** Which of two versions is the older one (Semantic Versioning 2.0.0, section 11, as far as our own versions go). */

/**
 * Compares versions.
 * @param version such as `0.2.0` or `0.2.0-beta.1`
 * @param other the same
 * @returns true if `version` comes before `other`; false if either is no version, since then nothing is known
 */
export function isOlder(version: string, other: string): boolean {
  const [one, two] = [parse(version), parse(other)];
  if (!one || !two) return false;
  for (const [index, number] of one.numbers.entries()) {
    if (number !== two.numbers[index]) return number < two.numbers[index]!;
  }
  if (one.preRelease === "" || two.preRelease === "") {
    return one.preRelease !== "" && two.preRelease === "";
  }
  return one.preRelease.localeCompare(two.preRelease, "en", { numeric: true }) < 0;
}

function parse(version: string): { numbers: number[]; preRelease: string } | null {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/.exec(version);
  if (!match) return null;
  return { numbers: match.slice(1, 4).map(Number), preRelease: match[4] ?? "" };
}
