/**
 * Paths as text, by the rules of POSIX and of Windows: what configuration and private channel need of `node:path`, whose
 * loading takes a third of the time that a short command has. A test compares every function with it.
 */
import { operatingSystem } from "./platform.ts";

/** The rules of one system. */
export interface PathRules {
  /** Whether it means the same wherever a process stands. */
  isAbsolute(path: string): boolean;
  /** Without `.`, `..` and doubled separators; one at the end stays. */
  normalize(path: string): string;
  /** The parts, one after the other, normalized. */
  join(...parts: string[]): string;
  /** An absolute path, normalized, without a separator at its end. @param base absolute @param path may be relative to it */
  resolve(base: string, path: string): string;
  /** The folder that it lies in. */
  dirname(path: string): string;
  /** Its last part. */
  basename(path: string): string;
}

/** What makes the rules of a system. */
interface Syntax {
  separator: string;
  isSeparator: RegExp;
  /** Divides a path into its root, such as `/`, `C:\` or `\\server\share\`, normalized, and the rest. */
  divide(path: string): { root: string; rest: string };
}

function rulesOf({ separator, isSeparator, divide }: Syntax): PathRules {
  const isRooted = (root: string) => root.endsWith(separator);
  const partsOf = (rest: string) => rest.split(isSeparator).filter((part) => part !== "");

  function withoutDots(rest: string, rooted: boolean): string[] {
    const kept: string[] = [];
    for (const part of partsOf(rest)) {
      if (part === ".") continue;
      if (part !== "..") kept.push(part);
      else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
      else if (!rooted) kept.push(part);
    }
    return kept;
  }

  function normalize(path: string): string {
    const { root, rest } = divide(path);
    const text = withoutDots(rest, isRooted(root)).join(separator);
    if (text === "") return isRooted(root) ? root : `${root}.${endOf(rest)}`;
    return root + text + endOf(rest);
  }

  const endOf = (rest: string) => rest !== "" && isSeparator.test(rest.at(-1)!) ? separator : "";

  function resolve(base: string, path: string): string {
    const from = divide(base);
    const to = divide(path);
    const drive = (root: string) => root.replace(/[/\\]$/, "").toLowerCase();
    // A path on the drive of the base, or with none: it starts from the base, or from the root of that drive.
    const isOnBase = drive(to.root) === "" || drive(to.root) === drive(from.root);
    const root = drive(to.root) === "" ? from.root : to.root;
    const rest = isOnBase && !isRooted(to.root) ? `${from.rest}${separator}${to.rest}` : to.rest;
    const whole = isRooted(root) ? root : root + separator;
    return whole + withoutDots(rest, true).join(separator);
  }

  return {
    isAbsolute: (path) => isRooted(divide(path).root),
    normalize,
    join: (...parts) => normalize(parts.filter((part) => part !== "").join(separator)),
    resolve,
    dirname(path) {
      const { root, rest } = divide(path);
      const parts = rest.split(isSeparator);
      while (parts.at(-1) === "") parts.pop();
      parts.pop();
      while (parts.at(-1) === "") parts.pop();
      if (parts.length > 0) return root + parts.join(separator);
      return root === "" ? "." : root;
    },
    basename: (path) => partsOf(divide(path).rest).at(-1) ?? "",
  };
}

/** IEEE Std 1003.1, 4.13 "Pathname Resolution", as text: two slashes at the beginning count as one. */
export const posix: PathRules = rulesOf({
  separator: "/",
  isSeparator: /\//,
  divide(path) {
    const rest = path.replace(/^\/+/, "");
    return { root: rest === path ? "" : "/", rest };
  },
});

/** "File path formats on Windows systems", learn.microsoft.com/dotnet/standard/io/file-path-formats. */
export const win32: PathRules = rulesOf({
  separator: "\\",
  isSeparator: /[/\\]/,
  divide(path) {
    const share = /^[/\\]{2}([^/\\]+)[/\\]+([^/\\]+)[/\\]*/.exec(path);
    if (share) return { root: `\\\\${share[1]}\\${share[2]}\\`, rest: path.slice(share[0].length) };
    const [whole = "", drive = "", rooted = ""] = /^([A-Za-z]:)?([/\\]*)/.exec(path) ?? [];
    return { root: drive + (rooted && "\\"), rest: path.slice(whole.length) };
  },
});

const native = operatingSystem === "windows" ? win32 : posix;

/** {@linkcode PathRules.join} by the rules of this system. */
export const join: PathRules["join"] = native.join;
/** {@linkcode PathRules.dirname} by the rules of this system. */
export const dirname: PathRules["dirname"] = native.dirname;
/** {@linkcode PathRules.basename} by the rules of this system. */
export const basename: PathRules["basename"] = native.basename;
