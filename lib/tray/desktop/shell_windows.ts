/** Opens files, folders and web pages by the Windows shell, without a command line that a name could become a part of. */
import { UserError } from "../../errors.ts";
import { wideText } from "../../wide_text_windows.ts";
import { requireTarget } from "./desktop_helper_run.ts";

const symbols = {
  ShellExecuteW: {
    parameters: ["pointer", "buffer", "buffer", "pointer", "pointer", "i32"],
    result: "isize",
  },
} as const;
const showNormal = 1; // SW_SHOWNORMAL
const lastError = 32;
const noAssociation = 31; // SE_ERR_NOASSOC

/**
 * Opens a file, a folder or a web page with the program that the user has for it; asks for one where there is none.
 * @param target an absolute path or a web address
 * @throws {UserError} if it is neither, or cannot be opened
 */
export function openTarget(target: string): void {
  requireTarget(target);
  let code = execute("open", target);
  if (code === noAssociation) code = execute("openas", target);
  if (code > lastError) return;
  throw new UserError(`Windows could not open ${target} (error ${code}).`, {
    next: "Open it by hand.",
  });
}

function execute(verb: string, target: string): number {
  const library = Deno.dlopen("shell32.dll", symbols);
  try {
    const { ShellExecuteW } = library.symbols;
    return Number(ShellExecuteW(null, wideText(verb), wideText(target), null, null, showNormal));
  } finally {
    library.close();
  }
}
