/** What one strip of the panel shows. The room computes it; the panel only draws it. */
import type { Position } from "../live/fields";
import type { Insight } from "../live/wire";
import type { Note } from "../live/own";
import type { RoleLook } from "./roles";
import { levelOf, levelWord, positionText } from "./words";

export interface Lane {
  look: RoleLook;
  value: Position | null;
  /** Chosen, though perhaps hidden from us. */
  placed: boolean;
  own: boolean;
}

export interface Spread {
  low: number;
  high: number;
  points: number;
  level: string;
}

export interface Together {
  value: number;
  state: "open" | "agreed" | "differ";
}

export interface StripModel {
  id: string;
  name: string;
  /** What stands at the upper and at the lower end, in a few words. */
  high: string;
  low: string;
  optional: boolean;
  lanes: Lane[];
  spread: Spread | null;
  together: Together | null;
  /** Where an earlier round ended, as a quiet line. */
  ghost: { value: number; label: string } | null;
  /** What is on its way of the fader that can be moved here. */
  note: Note | null;
}

/**
 * Of a settled slider: did they let the difference stand? Who is away may have said the other thing, so those who are
 * here count; where nobody is here to tell, it is not taken for an agreement.
 */
export function letStand(insight: Insight, slider: string, online: (role: string) => boolean): boolean {
  const agreed = insight.agreed[slider] ?? [];
  const differ = insight.differ[slider] ?? [];
  return agreed.length === 0 || (differ.length > 0 && (differ.some(online) || !agreed.some(online)));
}

/** From the lowest to the highest placed value; null with fewer than two. */
export function spreadOf(values: readonly (Position | null)[]): Spread | null {
  const placed = values.filter((value): value is number => typeof value === "number");
  if (placed.length < 2) return null;
  const low = Math.min(...placed);
  const high = Math.max(...placed);
  return { low, high, points: high - low, level: levelOf(high - low) };
}

/** The strip in one line of text: "Sociaal: 70. Fysiek: 30. Verschil 40 punten: verschil." */
export function stripText(strip: StripModel): string {
  const others = strip.lanes.filter((lane) => !lane.own).map(laneText);
  const spread = strip.spread && `${strip.spread.points} punten uit elkaar: ${levelWord(strip.spread.level)}`;
  const ghost = strip.ghost && `${strip.ghost.label}: ${strip.ghost.value}`;
  const together = strip.together && `Samen: ${strip.together.value}`;
  return [...others, spread, ghost, together].filter(Boolean).map((part) => `${part}.`).join(" ");
}

export function laneText({ look, value, placed }: Lane): string {
  const hidden = value === null && placed;
  return `${look.label}: ${hidden ? "heeft gekozen" : positionText(value)}`;
}
