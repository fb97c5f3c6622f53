/** The desktop of Windows. */
import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { iconFile, iconSizes } from "../icons/icons.ts";
import type { Desktop, DesktopListener, IconName, Notice } from "./desktop.ts";
import { helperDesktop } from "./desktop_helper.ts";
import { type HelperFile, installHelper } from "./desktop_helper_program.ts";
import { runToEnd } from "./desktop_helper_run.ts";
import { icoOf } from "./icon_windows.ts";
import { openTarget } from "./shell_windows.ts";
import { lines, oneLine } from "./text.ts";

/** The program for Windows. */
export const windowsHelper: HelperFile = {
  name: "tray_windows_release.exe",
  sha256: "ae61c63ece1392fc64abbfbd40de782f5b2a7b7d83e93f8b640a20395ae6e8a0",
};

/** Only programs that are registered may show messages; PowerShell is. The scripts read what they say from variables. */
const notifyScript = `
  $ErrorActionPreference = 'Stop'
  $manager = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
  $xml = $manager::GetTemplateContent([Windows.UI.Notifications.ToastTemplateType]::ToastText02)
  $texts = $xml.GetElementsByTagName('text')
  [void]$texts.Item(0).AppendChild($xml.CreateTextNode($env:MCPPROXY_TITLE))
  [void]$texts.Item(1).AppendChild($xml.CreateTextNode($env:MCPPROXY_BODY))
  $toast = New-Object Windows.UI.Notifications.ToastNotification $xml
  $toast.Tag = $env:MCPPROXY_TAG
  $toast.Group = 'mcpproxy'
  $powershell = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'
  $manager::CreateToastNotifier($powershell).Show($toast)
`;
const copyScript = `
  $ErrorActionPreference = 'Stop'
  Set-Clipboard -Value $env:MCPPROXY_TEXT
`;
/** Older versions of Windows 10 take no more characters of a tag. */
const longestTag = 16;

/**
 * The desktop of Windows.
 * @param listener told of clicks, and whether there is an icon
 */
export async function windowsDesktop(listener: DesktopListener): Promise<Desktop> {
  const icons = {
    running: await iconOf("running"),
    busy: await iconOf("busy"),
    attention: await iconOf("attention"),
    stopped: await iconOf("stopped"),
  };
  return helperDesktop(listener, {
    // A single one would underline the next letter.
    style: { icons, escapeLabel: (label) => label.replaceAll("&", "&&") },
    command: async () => [await installHelper(windowsHelper, localFolder())],
    notify,
    open: (target) => Promise.resolve(target).then(openTarget),
    copy,
  });
}

async function iconOf(name: IconName): Promise<Uint8Array> {
  return icoOf(
    await Promise.all(
      iconSizes.map(async (size) => ({ size, png: await Deno.readFile(iconFile(name, size)) })),
    ),
  );
}

async function notify({ id, title, body }: Notice): Promise<void> {
  await runScript(notifyScript, {
    MCPPROXY_TITLE: oneLine(title, 100),
    MCPPROXY_BODY: lines(body, 400),
    MCPPROXY_TAG: await tagOf(id),
  });
}

async function copy(text: string): Promise<void> {
  if (await runScript(copyScript, { MCPPROXY_TEXT: text })) return;
  throw new UserError("The text could not be put on the clipboard.", {
    next: `Copy it from here: ${text}`,
  });
}

function runScript(script: string, env: Record<string, string>): Promise<boolean> {
  const windows = Deno.env.get("SystemRoot") ?? "C:\\Windows";
  const powershell = join(windows, "System32", "WindowsPowerShell", "v1.0", "powershell.exe");
  const args = ["-NoLogo", "-NoProfile", "-NonInteractive", "-Command", script];
  return runToEnd(powershell, args, { env });
}

async function tagOf(id: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(id));
  return new Uint8Array(hash).toHex().slice(0, longestTag);
}

/** Where programs keep what concerns only this user on this machine. */
function localFolder(): string {
  const folder = Deno.env.get("LOCALAPPDATA");
  if (folder) return folder;
  throw new UserError("LOCALAPPDATA is not set", { next: "Sign in anew." });
}
