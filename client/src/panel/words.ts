/** The words of the panel: for a value, a zone, a difference. One place, so that screen and speech agree. */
import type { Position } from "../live/fields";

export const MIDDLE = 50;
export type Level = "eens" | "nuance" | "verschil" | "tegenpolen";

/** Thirds of the scale. */
export function zone(value: number): "laag" | "midden" | "hoog" {
  if (value <= 33) return "laag";
  return value <= 66 ? "midden" : "hoog";
}

/** For `aria-valuetext`. Only one's own middle says that no choice was made; a shared one may be a compromise. */
export function valueText(position: Position | null, shared = false): string {
  if (position === null) return "nog niet gekozen";
  if (position === "unknown") return "weet ik niet";
  if (position === MIDDLE && !shared) return "50, midden: geen keuze gemaakt";
  return `${position} van 100, ${zone(position)}`;
}

/** On the fader's cap. */
export function capText(position: Position | null): string {
  if (position === null) return "kies";
  return position === "unknown" ? "?" : String(position);
}

/** Under the fader. */
export function placeText(position: Position | null, shared = false): string {
  if (position === null) return "nog niet gekozen";
  if (position === "unknown") return "weet ik niet";
  return position === MIDDLE && !shared ? "geen keuze" : zone(position);
}

/** In a running line: "Sociaal: 70". */
export function positionText(position: Position | null): string {
  if (position === null) return "nog niet gekozen";
  return position === "unknown" ? "weet ik niet" : String(position);
}

export function levelWord(level: string): string {
  return level === "tegenpolen" ? "ver uit elkaar" : level;
}

/** The level of a spread in points: a zone of the scale is a third. */
export function levelOf(spread: number): Level {
  if (spread <= 16) return "eens";
  if (spread <= 33) return "nuance";
  return spread <= 66 ? "verschil" : "tegenpolen";
}

/** Is this difference worth talking about before the others? */
export function isDifference(level: string): boolean {
  return level === "verschil" || level === "tegenpolen";
}

/** "Sociaal en Fysiek", "Wijkambtenaar, Sociaal en Fysiek". */
export function list(items: string[]): string {
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} en ${last}`;
}
