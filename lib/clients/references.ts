/** References to variables, from the way a client writes them to ours (lib/config/references.ts). */
import { REFERENCE } from "../config/references.ts";
import type { ClientDescription } from "./catalogue.ts";

/** Why something of a client's settings cannot be taken over; one clause, without any value. */
export class NotTransferable extends Error {
  override readonly name = "NotTransferable";
}

/**
 * Rewrites the references in one value.
 * @param value as the client has it
 * @param field where it stands, for the reason
 * @param client whose it is
 * @param home the home directory, for `${userHome}`
 * @returns the value as it stands in our config
 * @throws {NotTransferable} if it asks for what only the client can fill in
 */
export function transferReferences(
  value: string,
  field: string,
  client: Pick<ClientDescription, "title" | "references">,
  home: string,
): string {
  const { style, bare } = client.references;
  if (style === "none") {
    if (!value.match(REFERENCE)) return value;
    throw new NotTransferable(`${field} holds what would be a reference here`);
  }
  const braced = value.replace(/\$\{([^{}]*)\}/g, (reference, inside: string) => {
    if (style === "env" && /^env:[^:{}]+$/.test(inside)) return reference;
    if (style === "env" && inside === "userHome") return home;
    if (style === "shell" && isName(inside)) return `\${env:${inside}}`;
    const shown = reference.length > 60 ? `${reference.slice(0, 60)}…` : reference;
    throw new NotTransferable(`${field} asks for ${shown}, which only ${client.title} can fill in`);
  });
  if (!bare) return braced;
  return braced.replace(/\$([A-Za-z_]\w*)/g, (_, name: string) => `\${env:${name}}`);
}

function isName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text);
}
