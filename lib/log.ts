/**
 * One place from which every part takes its logger. The library behind it is loaded by what sets the log up: a command
 * that ends in an instant does not.
 */

/** What can be said; `{name}` in a message stands for the property of that name. */
export interface Logger {
  debug(message: string, properties?: Record<string, unknown>): void;
  info(message: string, properties?: Record<string, unknown>): void;
  warn(message: string, properties?: Record<string, unknown>): void;
  error(message: string, properties?: Record<string, unknown>): void;
}

let backend: ((part: string) => Logger) | null = null;

/**
 * The logger of one part of the program.
 * @param part the folder's name: "config", "ipc", "upstream", "http", "mcp" …
 * @returns a logger; silent until the log is set up
 */
export function logger(part: string): Logger {
  return {
    debug: (message, properties) => backend?.(part).debug(message, properties),
    info: (message, properties) => backend?.(part).info(message, properties),
    warn: (message, properties) => backend?.(part).warn(message, properties),
    error: (message, properties) => backend?.(part).error(message, properties),
  };
}

/**
 * Sends what is said from now on to a logging library.
 * @param loggers the library's logger of a part
 */
export function logBy(loggers: (part: string) => Logger): void {
  backend = loggers;
}
