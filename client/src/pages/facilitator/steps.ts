/** The steps a facilitator can send rooms to. */
import type { OverviewAnswer, RoundSettings, Summary } from "../../protocol.gen";
import { PHASE_WORDS, PHASES, type Phase } from "./words";

export interface Target {
  phase: Phase;
  round: string;
}

export const keyOf = ({ phase, round }: Target) => `${round}/${phase}`;

/** Every step of every round, in the order of a meeting. */
export function targets(rounds: readonly RoundSettings[]): Target[] {
  return rounds.flatMap((round) => PHASES.map((phase) => ({ phase, round: round.id })));
}

export function targetWords(target: Target, rounds: readonly RoundSettings[]): string {
  const round = rounds.find(({ id }) => id === target.round);
  return rounds.length > 1 ? `${PHASE_WORDS[target.phase]} (${round?.label ?? target.round})` : PHASE_WORDS[target.phase];
}

/** The step after the one where most of these rooms are now. */
export function nextTarget(rooms: readonly Summary[], rounds: readonly RoundSettings[]): Target | undefined {
  const all = targets(rounds);
  const counts = new Map<string, number>();
  for (const room of rooms) counts.set(keyOf(room), (counts.get(keyOf(room)) ?? 0) + 1);
  const [most] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  const at = all.findIndex((target) => keyOf(target) === most);
  return all[Math.min(at + 1, all.length - 1)];
}

export interface StepResult {
  text: string;
  /** Rooms that did not go along, with the reason. */
  refused: { code: string; reason: string }[];
}

const REASONS: Record<string, string> = {
  "wrong-phase": "deze stap kan daar nu niet",
  "not-allowed": "dat mag hier niet",
  unavailable: "de server kon het niet opslaan, probeer het opnieuw",
  locked: "de kamer is stilgezet",
  "too-fast": "te veel tegelijk, probeer het zo opnieuw",
};

/** What is said of the rooms that went along. */
export interface Said {
  none: string;
  one: string;
  more: (count: number) => string;
}

export const stepDone = (words: string): Said => ({
  none: "Geen kamer is verdergegaan.",
  one: `1 kamer ging naar ${words}.`,
  more: (count) => `${count} kamers gingen naar ${words}.`,
});

export const HELD: Said = {
  none: "Geen kamer is stilgezet.",
  one: "1 kamer is stilgezet. Niemand kan daar schuiven.",
  more: (count) => `${count} kamers zijn stilgezet. Niemand kan daar schuiven.`,
};

export const LET_GO: Said = {
  none: "Geen kamer kan weer verder.",
  one: "1 kamer kan weer verder.",
  more: (count) => `${count} kamers kunnen weer verder.`,
};

/** What became of a request to several rooms, room by room. */
export function resultOf(answer: OverviewAnswer | null, said: Said): StepResult {
  if (!answer) return { text: "Geen antwoord van de server. Kijk op de kaarten of de kamers zijn verdergegaan.", refused: [] };
  const went = Object.keys(answer.rooms ?? {}).length;
  const refused = Object.entries(answer.refused ?? {}).map(([code, error]) => ({ code, reason: REASONS[error.code] ?? "dit lukte niet" }));
  return { text: went === 0 ? said.none : went === 1 ? said.one : said.more(went), refused };
}
