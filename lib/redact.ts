/** Takes secrets out of what is shown or logged. */

/** Anything shorter would take ordinary words out of the lines. */
const shortestSecret = 6;

/**
 * Takes secrets out of a text.
 * @param text what may hold them
 * @param secrets the strings to take out; shorter than 6 characters they stay
 * @returns the text with `[redacted]` in their place
 */
export function withoutSecrets(text: string, secrets: Iterable<string>): string {
  let redacted = text;
  for (const secret of secrets) {
    if (secret.length >= shortestSecret) redacted = redacted.replaceAll(secret, "[redacted]");
  }
  return redacted;
}
