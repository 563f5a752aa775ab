import type { JoinRoom } from "../../protocol.gen";

/** Without accents and capitals, so that "sudwest" finds "Súdwest-Fryslân". */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Rooms in which every typed word occurs, by municipality. */
export function roomsMatching(rooms: readonly JoinRoom[], typed: string): JoinRoom[] {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  return rooms
    .filter((room) => words.every((word) => plain(`${room.municipality} ${room.case ?? ""}`).includes(word)))
    .sort((a, b) => a.municipality.localeCompare(b.municipality, "nl") || (a.case ?? "").localeCompare(b.case ?? "", "nl"));
}
