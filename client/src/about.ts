import { api } from "./api";
import type { Installation as About } from "./protocol.gen";

/** What this installation says of itself. Until the server answers, or without an answer, the texts do without. */
export async function loadAbout(): Promise<About | null> {
  try {
    return await api.about();
  } catch {
    return null;
  }
}

/** A link for what an administrator filled in: an address of a page or of a mailbox; else null. */
export function contactLink(contact: string): string | null {
  if (/^https?:\/\//.test(contact)) return contact;
  return /^[^\s@]+@[^\s@]+$/.test(contact) ? `mailto:${contact}` : null;
}
