/** The one next step on the screen, as a pure function of the room. */
import { PHASES, type Phase, type Step } from "../live/fields";

export interface StepView {
  phase: Phase;
  round: string;
  rounds: readonly { id: string; label: string }[];
  /** My role; null for who only looks on. */
  me: string | null;
  steps: "seats" | "facilitator";
  locked: boolean;
  hidden: boolean;
  /** Sliders that I have not handled. */
  open: number;
  done: boolean;
  /** The others who are online, and of those who are not done. */
  others: readonly string[];
  notDone: readonly string[];
  proposals: Readonly<Record<string, Step>>;
}

export type NextStep =
  /** Nothing to do here but read. */
  | { kind: "watch" }
  | { kind: "locked" }
  /** Say that I am done; `open` sliders are still to be handled. */
  | { kind: "done"; open: number }
  /** Someone else proposes: go along. */
  | { kind: "confirm"; by: string; step: Step }
  /** I proposed; waiting for a second. */
  | { kind: "proposed"; step: Step }
  /** In a hidden round: the others are not done. */
  | { kind: "waiting"; for: readonly string[] }
  | { kind: "propose"; step: Step; alone: boolean }
  | { kind: "facilitator" }
  /** The last outcome. */
  | { kind: "end" };

export function nextStep(view: StepView): NextStep {
  if (view.me === null) return { kind: "watch" };
  if (view.locked) return { kind: "locked" };
  const theirs = view.others.find((role) => view.proposals[role] !== undefined);
  const step = theirs === undefined ? undefined : view.proposals[theirs];
  if (theirs !== undefined && step) return { kind: "confirm", by: theirs, step };
  const mine = view.proposals[view.me];
  if (mine) return { kind: "proposed", step: mine };
  if (view.phase === "place" && !view.done) return { kind: "done", open: view.open };
  if (view.steps === "facilitator") return { kind: "facilitator" };
  if (view.phase === "place" && view.hidden && view.notDone.length > 0) return { kind: "waiting", for: view.notDone };
  const next = following(view);
  return next ? { kind: "propose", step: next, alone: view.others.length === 0 } : { kind: "end" };
}

function following(view: StepView): Step | null {
  const phase = PHASES[PHASES.indexOf(view.phase) + 1];
  if (phase) return { phase, round: view.round };
  const round = view.rounds[view.rounds.findIndex((one) => one.id === view.round) + 1];
  return round ? { phase: "place", round: round.id } : null;
}

/** The step back, offered quietly; null in the first phase. */
export function previousStep(view: Pick<StepView, "phase" | "round">): Step | null {
  const phase = PHASES[PHASES.indexOf(view.phase) - 1];
  return phase ? { phase, round: view.round } : null;
}
