/** `mcpproxy update --check`: whether there is a newer version. It asks and tells; nothing is downloaded or changed. */
import { variable } from "../config/paths.ts";
import { ExitCode, messageOf, UserError } from "../errors.ts";
import { ownReleases } from "../own_program.ts";
import { version } from "../version.ts";
import { isOlder } from "../version_order.ts";
import type { UpdateAnswer } from "./answers.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";

/** Milliseconds. */
const patience = 5_000;
/** Bytes; a version is far shorter, and whoever answers may be anybody. */
const limit = 200;

/**
 * Asks for the latest version, and says what to run if it is newer.
 * @param context of the command; MCPPROXY_RELEASES_URL in its environment goes before the address that was built in
 * @returns exit code 0, newer or not
 * @throws {UserError} if no address is known, or no version comes from it within five seconds
 */
export async function checkForUpdate({ inputs, format }: Context): Promise<ExitCode> {
  const releases = releasesUrl(variable(inputs.environment, "MCPPROXY_RELEASES_URL"));
  const latest = await latestVersion(new URL("latest/download/VERSION", releases));
  const newer = isOlder(version, latest);
  const install = inputs.platform === "windows"
    ? `irm ${new URL("latest/download/install.ps1", releases)} | iex`
    : `curl -fsSL ${new URL("latest/download/install.sh", releases)} | sh`;
  const answer: UpdateAnswer = { version, latest, newer, install: newer ? install : null };
  await present(
    format,
    answer,
    () =>
      newer
        ? `mcpproxy ${latest} is out; this is ${version}.\nTo install it: ${install}`
        : `mcpproxy ${version} is the latest (${latest} is published).`,
  );
  return ExitCode.ok;
}

function releasesUrl(given: string | undefined): URL {
  const address = given ?? ownReleases;
  if (address === null) {
    throw new UserError("This mcpproxy was built without the address of its releases", {
      next: "Set MCPPROXY_RELEASES_URL to it; in a checkout, run: git pull",
    });
  }
  const url = URL.parse(`${address.replace(/\/+$/, "")}/`);
  // What an answer over plain HTTP says, anybody on the way may have written.
  const isSafe = url?.protocol === "https:" ||
    (url?.protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname));
  if (url && isSafe) return url;
  throw new UserError(`MCPPROXY_RELEASES_URL is no https address: ${address}`, {
    next: "Give the folder that latest/download lies in, such as https://example.org/releases",
    exitCode: ExitCode.configuration,
  });
}

async function latestVersion(url: URL): Promise<string> {
  const said = await ask(url);
  if (/^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$/.test(said)) return said;
  throw new UserError(`${url} holds no version`, { next: "Look at MCPPROXY_RELEASES_URL." });
}

async function ask(url: URL): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patience) });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    let text = "";
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.length > limit) break; // which cancels the rest
    }
    return text.trim();
  } catch (error) {
    throw new UserError(`No answer from ${url.host} about the latest version: ${reason(error)}`, {
      next: "Are you online? Nothing else of mcpproxy needs to be.",
      cause: error,
    });
  }
}

/** fetch says little itself; its causes say what failed. */
function reason(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError") return "nothing in 5 seconds";
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return messageOf(cause).replace(/^error sending request for url \(.*?\): /, "");
}
