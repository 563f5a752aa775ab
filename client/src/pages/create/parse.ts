/** Reads the list of rooms someone typed, or pasted from a spreadsheet. */
import type { RoomRequest } from "../../protocol.gen";

export const MAX_ROOMS = 100;
export const MAX_NAME = 120;
export const MAX_CASE = 120;

export interface ParsedRoom {
  /** Counted from 1, as the lines stand in the box. */
  line: number;
  municipality: string;
  case: string;
}
export interface LineError {
  line: number;
  detail: string;
}
export interface ParsedRooms {
  rooms: ParsedRoom[];
  errors: LineError[];
}

/** A spreadsheet puts quotes around a cell that holds a quote, a tab or a line end, and doubles the quotes inside. */
function unquote(cell: string): string {
  const text = cell.trim();
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  return text.slice(1, -1).replaceAll('""', '"').trim();
}

function splitLine(text: string): [string, string] {
  const at = text.search(/[\t;]/);
  if (at < 0) return [unquote(text), ""];
  const rest = text.slice(at + 1).split("\t").map(unquote).filter(Boolean);
  return [unquote(text.slice(0, at)), rest.join(" ")];
}

/** Control characters and lone halves of a character pair are refused by the server. */
function unreadable(text: string): boolean {
  return /[\p{Cc}\p{Cs}]/u.test(text);
}

function problemWith(room: ParsedRoom, first: ParsedRoom | undefined): string | null {
  if (!room.municipality) return "hier staat geen gemeente";
  if (room.municipality.length > MAX_NAME) return `deze naam is te lang: hoogstens ${MAX_NAME} tekens`;
  if (room.case.length > MAX_CASE) return `deze casus is te lang: hoogstens ${MAX_CASE} tekens`;
  if (unreadable(room.municipality + room.case)) return "hier staat een teken dat we niet kunnen lezen";
  if (first) return `deze kamer staat al op regel ${first.line}`;
  return null;
}

/**
 * One room a line: the municipality, then after a tab or `;` the case. Empty lines do not count.
 * The same municipality may come twice, as long as the case differs.
 */
export function parseRooms(text: string): ParsedRooms {
  const rooms: ParsedRoom[] = [];
  const errors: LineError[] = [];
  const seen = new Map<string, ParsedRoom>();
  text.split(/\r\n|\r|\n/).forEach((raw, index) => {
    if (!raw.replace(/[\t;]/g, "").trim()) return;
    const [municipality, about] = splitLine(raw);
    const room = { line: index + 1, municipality, case: about };
    const name = `${municipality}\n${about}`.toLocaleLowerCase("nl");
    const problem = problemWith(room, seen.get(name));
    if (problem) errors.push({ line: room.line, detail: problem });
    if (!seen.has(name)) seen.set(name, room);
    rooms.push(room);
  });
  const over = rooms[MAX_ROOMS];
  if (over) errors.push({ line: over.line, detail: `vanaf hier zijn het er te veel: hoogstens ${MAX_ROOMS} kamers per keer` });
  return { rooms, errors };
}

/** The rooms as the server wants them; only for a list without errors. */
export function requestsOf({ rooms }: ParsedRooms): RoomRequest[] {
  return rooms.map(({ municipality, case: about }) => ({ municipality, ...(about && { case: about }) }));
}
