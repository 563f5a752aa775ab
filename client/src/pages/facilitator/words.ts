/** What the overview says of a room, in words. */
import { letStand } from "../../panel/model";
import type { ExerciseContent, Insight, Match, Role, Summary } from "../../protocol.gen";

export type Phase = Summary["phase"];

export const PHASES: readonly Phase[] = ["place", "compare", "agree", "outcome"];

export const PHASE_WORDS: Record<Phase, string> = {
  place: "Plaatsen",
  compare: "Vergelijken",
  agree: "Samen kiezen",
  outcome: "Uitkomst",
};

export interface HelpCall {
  since: string;
  claimed: string | null;
}

export function helpOf(room: Summary): HelpCall | null {
  return room.help as HelpCall | null;
}

/** "zojuist", "2 min", "1 uur 5 min". */
export function duration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return "zojuist";
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return hours < 48 ? "1 dag" : `${Math.floor(hours / 24)} dagen`;
  return rest ? `${hours} uur ${rest} min` : `${hours} uur`;
}

/** "zojuist", "2 min geleden". */
export function ago(milliseconds: number): string {
  return milliseconds < 60_000 ? "zojuist" : `${duration(milliseconds)} geleden`;
}

/** How long ago a time of the server was; never negative. */
export function since(time: string, now: number): number {
  return Math.max(0, now - Date.parse(time));
}

const QUIET_AFTER = 4 * 60_000;

/** Are there people here who still have something to move? While comparing one talks, and quiet means nothing. */
function atWork(room: Summary): boolean {
  const present = Object.keys(room.seats).filter((role) => room.seats[role] === "online");
  if (room.phase === "place") return present.some((role) => !room.done.includes(role));
  return room.phase === "agree" && present.length > 0 && !room.insight.complete;
}

/** How long nothing moved in a room where people are at work; null while there is no reason to look. */
export function quietFor(room: Summary, now: number): number | null {
  if (!atWork(room) || !room.last_move_at) return null;
  const quiet = since(room.last_move_at, now);
  return quiet >= QUIET_AFTER ? quiet : null;
}

/** Presence and progress of one seat, short enough for a chip. */
export function seatWord(room: Summary, role: string): string {
  const seat = room.seats[role] ?? "free";
  if (seat === "free") return "vrij";
  const steps = `${room.progress[role] ?? 0}/${room.sliders}`;
  if (room.phase !== "place") return seat === "away" ? "even weg" : "is er";
  const progress = room.done.includes(role) ? "klaar" : steps;
  return seat === "away" ? `weg, ${progress}` : progress;
}

/** The same in a sentence. */
export function seatSentence(room: Summary, role: Role): string {
  const seat = room.seats[role.id] ?? "free";
  if (seat === "free") return `${role.label}: stoel vrij`;
  const presence = seat === "away" ? "even weg" : "aanwezig";
  if (room.phase !== "place") return `${role.label}: ${presence}`;
  const done = room.done.includes(role.id) ? ", klaar" : "";
  return `${role.label}: ${presence}, ${room.progress[role.id] ?? 0} van ${room.sliders} schuiven${done}`;
}

/** The slider with the largest difference worth a word, with that word. */
export function largestDifference(insight: Insight): { slider: string; spread: number } | null {
  const slider = insight.order[0];
  const spread = slider ? (insight.sliders[slider]?.spread ?? null) : null;
  return slider && spread !== null && spread > 33 ? { slider, spread } : null;
}

/** The shared values that all agreed to. A middle that nobody agreed to is no agreement, and shows as none. */
export function agreedValues({ insight, consensus, seats }: Summary): Record<string, number> {
  const together = insight.settled.filter((slider) => !letStand(insight, slider, (role) => seats[role] === "online"));
  return Object.fromEntries(Object.entries(consensus).filter(([slider]) => together.includes(slider)));
}

/** What the shared panel looks like; always words, never a grade, and never more agreed than it is. */
export function verdictWords({ consensus, complete }: Insight, exercise: ExerciseContent | undefined): string {
  const words = matchWords(consensus, exercise);
  if (complete || consensus.verdict === "incomplete" || consensus.ranking.length === 0) return words;
  return `${words}, niet afgesproken`;
}

function matchWords({ verdict, ranking }: Match, exercise: ExerciseContent | undefined): string {
  const name = (at: number) => {
    const id = ranking[at]?.profile ?? "";
    return (exercise?.profiles?.find((profile) => profile.id === id)?.short ?? id).toLowerCase();
  };
  if (verdict === "open") return "nog weinig keuzes gemaakt";
  if (ranking.length === 0) return "nog geen beeld";
  if (verdict === "incomplete") return `voorlopig: het meest als ${name(0)}`;
  if (verdict === "between") return `tussen ${name(0)} en ${name(1)}`;
  if (verdict === "own") return `eigen mengsel, het meest als ${name(0)}`;
  return `lijkt op: ${name(0)}`;
}
