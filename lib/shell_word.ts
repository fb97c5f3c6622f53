/**
 * Writes a text so that a shell takes it for one word: for commands in messages, which people copy.
 * @param text any text
 * @returns the text itself, or in single quotes (POSIX shell, 2.2.2)
 */
export function shellWord(text: string): string {
  return /^[\w./:=@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
