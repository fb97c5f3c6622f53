/** Where log lines go and what they may hold: one line a record, no secrets, no control characters of others. */
import {
  configure,
  dispose,
  getLogger,
  getTextFormatter,
  type LogLevel,
  type Sink,
} from "@logtape/logtape";
import { JWT_PATTERN, redactByPattern, type RedactionPattern } from "@logtape/redaction";
import { logBy } from "./log.ts";
import { withoutSecrets } from "./redact.ts";

/** The levels as the config names them. */
export const logLevels = ["trace", "debug", "info", "warn", "error"] as const;
/** One of {@linkcode logLevels}. */
export type LogLevelName = typeof logLevels[number];

/** How to log. */
export interface LogOptions {
  level: LogLevelName;
  /** Write to standard error. */
  console: boolean;
  /** Write to this file too, rotated. */
  file?: { path: string; maxBytes: number; keep: number };
  /** Strings that must not appear in a line; asked for at each line, since the config may change. */
  secrets(): Iterable<string>;
}

// What looks like a credential, wherever it comes from: an upstream's error text, a URL, a header.
const patterns: RedactionPattern[] = [
  JWT_PATTERN,
  { pattern: /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, replacement: "$1 [redacted]" },
  { pattern: /([?&](?:apikey|api_key|token|key|secret)=)[^&\s"']+/gi, replacement: "$1[redacted]" },
  { pattern: /(\/\/[^/\s:@]+:)[^/\s@]+@/g, replacement: "$1[redacted]@" },
];

/**
 * Sets the log up for this process; a second call replaces the first.
 * @param options where to, from which level on, and what to leave out
 * @returns once lines are written
 */
export async function setUpLog(options: LogOptions): Promise<void> {
  const plain = getTextFormatter({
    timestamp: "rfc3339",
    level: "ABBR",
    category: (category) => category.slice(1).join("."),
    value: "bare",
  });
  const format = redactByPattern(
    (record) => withoutSecrets(plain(record), options.secrets()),
    patterns,
  );
  const sinks: Record<string, Sink> = {};
  if (options.console) sinks.console = standardError(format);
  if (options.file) {
    const { path, maxBytes, keep } = options.file;
    const { getRotatingFileSink } = await import("@logtape/file");
    sinks.file = getRotatingFileSink(path, {
      maxSize: maxBytes,
      maxFiles: keep,
      bufferSize: 0, // what happened just before a crash is what is wanted most
      formatter: format,
    });
  }
  const names = Object.keys(sinks);
  await configure({
    reset: true,
    sinks,
    loggers: [
      { category: "mcpproxy", lowestLevel: levels[options.level], sinks: names },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: names },
    ],
  });
  logBy((part) => getLogger(["mcpproxy", part]));
}

/**
 * Ends logging and closes the file.
 * @returns once it is closed
 */
export async function closeLog(): Promise<void> {
  await dispose();
}

const levels: Record<LogLevelName, LogLevel> = {
  trace: "trace",
  debug: "debug",
  info: "info",
  warn: "warning",
  error: "error",
};

function standardError(format: (record: Parameters<Sink>[0]) => string): Sink {
  const encoder = new TextEncoder();
  return (record) => {
    try {
      Deno.stderr.writeSync(encoder.encode(format(record)));
    } catch {
      // The terminal is gone. The core is not, and there is nowhere left to say it.
    }
  };
}
