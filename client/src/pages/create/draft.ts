/** The form for a new werkplaats: what it holds, and the request and the errors that follow from it. */
import type { CreateWerkplaats, FieldError } from "../../protocol.gen";
import { parseRooms, requestsOf, type ParsedRooms } from "./parse";

export interface Draft {
  title: string;
  rooms: string;
  visibility: "live" | "hidden";
  steps: "seats" | "facilitator";
  veiligheid: boolean;
  wijk: boolean;
  days: string;
}

export interface FormError {
  /** Id of the field on the page. */
  field: string;
  detail: string;
}

export const MAX_TITLE = 120;
export const MAX_DAYS = 3650;

export function emptyDraft(): Draft {
  return { title: "", rooms: "", visibility: "live", steps: "seats", veiligheid: false, wijk: false, days: "90" };
}

/** The number of days, or null when what stands there is none. */
function daysOf(text: string): number | null {
  const days = Number(text.trim());
  return /^\d+$/.test(text.trim()) && days >= 1 && days <= MAX_DAYS ? days : null;
}

function roomErrors({ rooms, errors }: ParsedRooms): FormError[] {
  if (errors.length > 0) return errors.map(({ line, detail }) => ({ field: "rooms", detail: `Regel ${line}: ${detail}.` }));
  if (rooms.length === 0) return [{ field: "rooms", detail: "Vul minstens één gemeente in." }];
  return [];
}

/** What must change before the form can be sent, in the order of the page. */
export function errorsIn(draft: Draft): FormError[] {
  const errors: FormError[] = [];
  const title = draft.title.trim();
  if (!title) errors.push({ field: "title", detail: "Geef de werkplaats een naam." });
  if (title.length > MAX_TITLE) errors.push({ field: "title", detail: `De naam is te lang: hoogstens ${MAX_TITLE} tekens.` });
  errors.push(...roomErrors(parseRooms(draft.rooms)));
  if (daysOf(draft.days) === null) errors.push({ field: "days", detail: `Vul een aantal dagen in, van 1 tot ${MAX_DAYS}.` });
  return errors;
}

/** The request of a draft without errors. */
export function requestOf(draft: Draft): CreateWerkplaats {
  return {
    title: draft.title.trim(),
    visibility: draft.visibility,
    steps: draft.steps,
    retention_days: daysOf(draft.days) ?? 90,
    ...(draft.veiligheid && { roles: ["wijkambtenaar", "sociaal", "fysiek", "veiligheid"] }),
    ...(draft.wijk && { wijk: true }),
    rooms: requestsOf(parseRooms(draft.rooms)),
  };
}

const FIELDS: Record<string, string> = { title: "title", retention_days: "days", rooms: "rooms" };

/** The server's errors at the fields of this page; for a room, with the line it stands on. */
export function errorsFromServer(draft: Draft, errors: FieldError[]): FormError[] {
  const { rooms } = parseRooms(draft.rooms);
  return errors.map(({ field }) => {
    const at = /rooms\W*(\d+)/.exec(field)?.[1];
    const line = at === undefined ? undefined : rooms[Number(at)]?.line;
    if (line !== undefined) return { field: "rooms", detail: `Regel ${line}: deze kamer kan zo niet. Kijk de gemeente en de casus na.` };
    const name = /[a-z_]+/.exec(field)?.[0] ?? "";
    return { field: FIELDS[name] ?? "", detail: "De server kan dit niet lezen. Kijk na wat hier staat." };
  });
}
