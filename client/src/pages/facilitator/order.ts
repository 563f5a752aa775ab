/** In which order the rooms stand. */
import type { Summary } from "../../protocol.gen";
import { helpOf, quietFor } from "./words";

export type Sort = "need" | "made" | "divided";

export const SORT_WORDS: Record<Sort, string> = {
  need: "Wie mij nodig heeft",
  made: "Zoals gemaakt",
  divided: "Meest verdeeld eerst",
};

/** Smaller is more urgent. */
function urgency(room: Summary, now: number): number {
  const help = helpOf(room);
  if (help && !help.claimed) return 0;
  if (help) return 1;
  if (quietFor(room, now) !== null) return 2;
  if (Object.values(room.seats).includes("away")) return 3;
  return 4;
}

function compare(sort: Sort, now: number): (a: Summary, b: Summary) => number {
  if (sort === "made") return () => 0;
  if (sort === "divided") return (a, b) => (a.insight.agreement ?? 101) - (b.insight.agreement ?? 101);
  return (a, b) => {
    const byNeed = urgency(a, now) - urgency(b, now);
    const [first, second] = [helpOf(a)?.since, helpOf(b)?.since];
    return byNeed !== 0 || !first || !second ? byNeed : first.localeCompare(second);
  };
}

/** Codes in order; equals stay as they were made. */
export function ordered(rooms: Record<string, Summary>, sort: Sort, now: number): string[] {
  return Object.values(rooms)
    .sort(compare(sort, now))
    .map((room) => room.code);
}

/** The calls for help, the longest waiting first. */
export function waiting(rooms: Record<string, Summary>): Summary[] {
  return Object.values(rooms)
    .filter((room) => room.help !== null)
    .sort((a, b) => (helpOf(a)?.since ?? "").localeCompare(helpOf(b)?.since ?? ""));
}
