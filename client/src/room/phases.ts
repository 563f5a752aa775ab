/** The four steps of a round, in words. */
import type { Phase } from "../live/fields";

export const PHASE_NAMES: Record<Phase, string> = {
  place: "Plaatsen",
  compare: "Vergelijken",
  agree: "Samen kiezen",
  outcome: "Uitkomst",
};

/** In a sentence: "Sociaal stelt voor: vergelijken". */
export function phaseWord(phase: Phase): string {
  return PHASE_NAMES[phase].toLowerCase();
}
