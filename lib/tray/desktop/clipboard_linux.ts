/** Puts text on the clipboard, which on Linux belongs to a program that stays alive to hand it out. */
import { UserError } from "../../errors.ts";
import type { Bus } from "./bus.ts";
import { runProgram } from "./program_linux.ts";

/** Each of them leaves a copy of itself behind and ends at once. */
const patience = 3_000;
const klipper = {
  destination: "org.kde.klipper",
  path: "/klipper",
  interface: "org.kde.klipper.klipper",
};

/** The session that the clipboard is of. */
export interface ClipboardSession {
  /** WAYLAND_DISPLAY; undefined if the session is not of Wayland. */
  waylandDisplay: string | undefined;
  /** DISPLAY; undefined if there is no X server. */
  display: string | undefined;
  /** Where programs are looked for; our own PATH if not given. */
  searchPath: string | undefined;
  /** Null if there is none. */
  bus: Bus | null;
}

/**
 * Puts text on the clipboard. The text is never an argument, which other users could read.
 * @throws {UserError} if there is no way, with the text in `next`
 */
export async function copyText(text: string, session: ClipboardSession): Promise<void> {
  const { waylandDisplay, display, searchPath, bus } = session;
  const programs = [
    ...waylandDisplay ? [["wl-copy"]] : [],
    ...display ? [["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]] : [],
  ];
  for (const [program, ...args] of programs) {
    const result = await runProgram(program!, { args, searchPath, input: text, patience });
    // One that has not left yet keeps the text all the same.
    if (result === "done" || result === "running") return;
  }
  if (bus && await copyByKlipper(bus, text)) return;
  throw new UserError("There is no program here that could put text on the clipboard.", {
    next: `Install ${waylandDisplay ? "wl-clipboard" : "xclip"}, or copy it from here: ${text}`,
  });
}

async function copyByKlipper(bus: Bus, text: string): Promise<boolean> {
  try {
    await bus.call(klipper, "setClipboardContents", "s", [text]);
    return true;
  } catch {
    return false;
  }
}
