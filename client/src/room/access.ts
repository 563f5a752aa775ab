/** With which token this browser enters a room. */
import { saveSeat, savedLookAlong, savedSeat } from "../storage";

/** Tokens are URL-safe and at most 64 characters; anything else after # is no token. */
const TOKEN = /^[A-Za-z0-9_-]{16,64}$/;

/** The link that opens one's own seat on another device. The part after # never reaches a server or its log. */
export function ownLink(code: string, token: string, origin = location.origin): string {
  return `${origin}/kamer/${encodeURIComponent(code)}#${token}`;
}

export function tokenInHash(hash: string): string | null {
  const token = hash.replace(/^#/, "");
  return TOKEN.test(token) ? token : null;
}

/** Takes the token out of the address bar and remembers it; the role is learnt from the first snapshot. */
export function takeTokenFromAddress(code: string): void {
  const token = tokenInHash(location.hash);
  if (token === null) return;
  saveSeat(code, { role: "", token });
  history.replaceState(null, "", location.pathname + location.search);
}

/** A seat of one's own goes before looking along. */
export function tokenFor(code: string): string | null {
  return savedSeat(code)?.token ?? savedLookAlong(code);
}
