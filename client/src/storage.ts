/**
 * What this browser remembers. Storage may be off or full: then it is remembered until the page is left, and nothing
 * breaks.
 */

export interface SavedSeat {
  role: string;
  token: string;
}
export interface SavedWerkplaats {
  id: string;
  title: string;
  token: string;
  join_code?: string;
  plenary_token?: string;
  expires_at?: string;
}

const FACILITATOR = "mengpaneel.facilitator.";
const SEAT = "mengpaneel.seat.";
const LOOK_ALONG = "mengpaneel.lookalong.";
const LOOK_ALONG_FROM = "mengpaneel.overview";

type Kind = "local" | "session";

const memory = new Map<string, string>();

/** Null where the browser forbids storage; already asking for it can throw. */
function storage(kind: Kind): Storage | null {
  try {
    return kind === "local" ? localStorage : sessionStorage;
  } catch {
    return null;
  }
}

function readText(name: string, kind: Kind): string | null {
  try {
    return memory.get(name) ?? storage(kind)?.getItem(name) ?? null;
  } catch {
    return null;
  }
}

function read<T>(name: string, kind: Kind): T | null {
  try {
    return JSON.parse(readText(name, kind) ?? "null") as T | null;
  } catch {
    return null;
  }
}

/** False when it is only remembered until the page is left. */
function write(name: string, value: string, kind: Kind): boolean {
  try {
    const store = storage(kind);
    store?.setItem(name, value);
    if (store) memory.delete(name);
    else memory.set(name, value);
    return store !== null;
  } catch {
    memory.set(name, value);
    return false;
  }
}

function erase(name: string, kind: Kind): void {
  memory.delete(name);
  try {
    storage(kind)?.removeItem(name);
  } catch {
    // Nothing was stored then.
  }
}

export function saveSeat(code: string, seat: SavedSeat): boolean {
  return write(SEAT + code, JSON.stringify(seat), "local");
}

export function forgetSeat(code: string): void {
  erase(SEAT + code, "local");
}

export function savedSeat(code: string): SavedSeat | null {
  const seat = read<SavedSeat>(SEAT + code, "local");
  return seat && typeof seat.token === "string" && typeof seat.role === "string" ? seat : null;
}

export function saveWerkplaats(saved: SavedWerkplaats): boolean {
  return write(FACILITATOR + saved.id, JSON.stringify(saved), "local");
}

export function savedWerkplaats(id: string): SavedWerkplaats | null {
  const saved = read<SavedWerkplaats>(FACILITATOR + id, "local");
  return saved && typeof saved.token === "string" ? { ...saved, id } : null;
}

export function forgetWerkplaats(id: string): void {
  erase(FACILITATOR + id, "local");
}

/** Every werkplaats this browser holds a secret of, by title. */
export function savedWerkplaatsen(): SavedWerkplaats[] {
  const names = new Set([...memory.keys(), ...Object.keys(storage("local") ?? {})]);
  return [...names]
    .filter((name) => name.startsWith(FACILITATOR))
    .flatMap((name) => savedWerkplaats(name.slice(FACILITATOR.length)) ?? [])
    .sort((a, b) => a.title.localeCompare(b.title, "nl"));
}

/** Lets the room page of this tab show the room to the facilitator, who moves nothing there. */
export function saveLookAlong(code: string, token: string, werkplaats: string): void {
  write(LOOK_ALONG + code, token, "session");
  write(LOOK_ALONG_FROM, werkplaats, "session");
}

/** The werkplaats from which this tab went to look along. */
export function lookAlongFrom(): string | null {
  return readText(LOOK_ALONG_FROM, "session");
}

export function savedLookAlong(code: string): string | null {
  return readText(LOOK_ALONG + code, "session");
}

/** A form under way, kept for this tab so that a reload loses nothing. */
export function saveDraft(name: string, draft: unknown): void {
  write(`mengpaneel.draft.${name}`, JSON.stringify(draft), "session");
}

export function savedDraft<T>(name: string): T | null {
  return read<T>(`mengpaneel.draft.${name}`, "session");
}

export function forgetDraft(name: string): void {
  erase(`mengpaneel.draft.${name}`, "session");
}
