/** One place from which every part takes its logger. */
import { getLogger, type Logger } from "@logtape/logtape";

/**
 * The logger of one part of the program.
 * @param part the folder's name: "config", "ipc", "upstream", "http", "mcp" …
 * @returns a LogTape logger; silent until the log is set up
 */
export function logger(part: string): Logger {
  return getLogger(["mcpproxy", part]);
}
