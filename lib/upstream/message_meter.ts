/** Bounds the messages in the body of an HTTP answer while it comes: how long they are, and how deep they are nested. */
import { messageNesting } from "../json_nesting.ts";

/** Bytes of one message, as for stdio. */
const messageLimit = 16 * 1024 * 1024;

const [newline, carriageReturn, quote, backslash] = [10, 13, 34, 92];
const [openBracket, closeBracket, openBrace, closeBrace] = [91, 93, 123, 125];
/** The only field of an event in which JSON stands. */
const dataField = new TextEncoder().encode("data:");

/**
 * Makes a meter.
 * @param isStream whether the body is an event stream, in which each event is a message: an empty line ends it (HTML Living
 *   Standard, "Server-sent events"); else the body is one
 * @returns takes the next bytes of the body; throws an Error once a message passes 16 MB or 512 levels
 */
export function createMessageMeter(isStream: boolean): (chunk: Uint8Array) => void {
  let size = 0;
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let lineIsEmpty = true;
  /** How many bytes of the line agree with the field's name; -1 once one does not. */
  let agreeing = 0;

  function takeLineByte(byte: number): void {
    if (byte === newline || byte === carriageReturn) {
      if (byte === newline) {
        if (lineIsEmpty) size = depth = 0;
        lineIsEmpty = true;
      }
      // No string of JSON goes on over the end of a line.
      inString = isEscaped = false;
      agreeing = 0;
      return;
    }
    lineIsEmpty = false;
    if (agreeing === dataField.length) takeJsonByte(byte);
    else if (agreeing >= 0) agreeing = byte === dataField[agreeing] ? agreeing + 1 : -1;
  }

  function takeJsonByte(byte: number): void {
    if (inString) {
      if (isEscaped) isEscaped = false;
      else if (byte === backslash) isEscaped = true;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === openBracket || byte === openBrace) {
      if (++depth > messageNesting) throw cutOff(`nested deeper than ${messageNesting} levels`);
    } else if ((byte === closeBracket || byte === closeBrace) && depth > 0) depth--;
  }

  return (chunk) => {
    const take = isStream ? takeLineByte : takeJsonByte;
    for (let at = 0; at < chunk.length; at++) {
      size++;
      take(chunk[at]!);
    }
    if (size > messageLimit) throw cutOff(`of more than ${messageLimit >> 20} MB`);
  };
}

function cutOff(what: string): Error {
  return new Error(`the server sent a message ${what} and was cut off`);
}
