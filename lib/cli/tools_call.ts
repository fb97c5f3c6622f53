/** `mcpproxy tools call`: calls a tool and shows what it answers. */
import type { CallProgress, CallResult } from "../client/api.ts";
import { ExitCode } from "../errors.ts";
import { complain, say } from "../terminal.ts";
import { withCore } from "./ask.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";
import { printable, printableLines } from "./text.ts";
import { type ArgumentSources, givenArguments, pairArguments } from "./tools_arguments.ts";
import { findTool } from "./tools_find.ts";
import { waitFor } from "./waiting.ts";

/**
 * Calls a tool. The core cancels the call when this process ends.
 * @param context of the command
 * @param id `server:tool`
 * @param sources where its arguments come from
 * @returns exit code 0; 1 if the tool says that it failed
 * @throws {UserError} if no core runs, the arguments are none, there is no such tool or its server is not ready
 */
export async function callTool(
  { inputs, format }: Context,
  id: string,
  sources: ArgumentSources,
): Promise<ExitCode> {
  const base = await givenArguments(sources);
  const result = await withCore(inputs, async (client) => {
    // How a value is meant, only the tool's schema tells.
    const pairs = sources.pairs.length === 0
      ? {}
      : pairArguments(sources.pairs, (await findTool(client, id)).schema);
    return await waitFor(printable(id), (tell) =>
      client.callTool(id, { ...base, ...pairs }, {
        onProgress: (progress) => tell(progressText(id, progress)),
      }));
  });
  const failed = result.isError === true;
  if (format === "table") (failed ? complain : say)(resultText(result));
  else await present(format, result, () => "");
  return failed ? ExitCode.general : ExitCode.ok;
}

function progressText(id: string, { progress, total, message }: CallProgress): string {
  const share = total === undefined ? `${progress}` : `${progress} of ${total}`;
  return printable(`${id}: ${share}${message ? `, ${message}` : ""}`);
}

/**
 * A result for people: text as it is, of everything else what it is.
 * @param result of a call
 * @returns the lines, without control characters
 */
export function resultText({ content, structuredContent }: CallResult): string {
  if (content.length === 0 && structuredContent !== undefined) {
    return printableLines(JSON.stringify(structuredContent, null, 2));
  }
  if (content.length === 0) return "(The tool answered without any content.)";
  return content.map(contentText).join("\n");
}

function contentText(content: CallResult["content"][number]): string {
  const { type, text, data, mimeType, uri, resource } = content;
  if (type === "text" && typeof text === "string") return printableLines(text);
  if (type === "resource") return resourceText(resource as Record<string, unknown> | undefined);
  const details = [type, mimeType, uri].filter((part) => typeof part === "string").join(" ");
  return printable(`[${details}${typeof data === "string" ? `, ${bytesOf(data)} bytes` : ""}]`);
}

function resourceText({ uri, mimeType, text, blob }: Record<string, unknown> = {}): string {
  const details = ["resource", mimeType, uri].filter((part) => typeof part === "string").join(" ");
  const size = typeof blob === "string" ? `, ${bytesOf(blob)} bytes` : "";
  const head = printable(`[${details}${size}]`);
  return typeof text === "string" ? `${head}\n${printableLines(text)}` : head;
}

/** RFC 4648 section 4: four characters for three bytes. */
function bytesOf(base64: string): number {
  return Math.floor(base64.replace(/=+$/, "").length * 3 / 4);
}
