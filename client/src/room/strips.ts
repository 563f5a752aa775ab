/** One strip of the panel, computed from the room. */
import * as f from "../live/fields";
import type { Note } from "../live/own";
import type { Fields, Insight, Slider } from "../live/wire";
import { letStand, spreadOf, type Lane, type StripModel, type Together } from "../panel/model";
import type { RoleLook } from "../panel/roles";

/** What a strip needs to know of the room; `position` and `consensus` are one's own values where those are newer. */
export interface StripRoom {
  fields: Fields;
  insight: Insight;
  phase: f.Phase;
  round: string;
  rounds: readonly f.Round[];
  roles: readonly RoleLook[];
  you: string;
  hidden: boolean;
  live: { note(name: string): Note | null };
  position(role: string, slider: string): f.Position | null;
  consensus(slider: string): number | null;
}

export function stripFor(room: StripRoom, slider: Slider): StripModel {
  const lanes: Lane[] = room.roles.map((look) => {
    const value = room.position(look.id, slider.id);
    const placed = value !== null || f.placed(room.fields, room.round, look.id, slider.id);
    return { look, value, placed, own: look.id === room.you };
  });
  const shared = room.phase === "agree";
  const mine = shared ? f.key.consensus(room.round, slider.id) : f.key.position(room.round, room.you, slider.id);
  return {
    id: slider.id,
    name: slider.name,
    high: slider.high,
    low: slider.low,
    optional: slider.optional === true,
    lanes,
    spread: room.hidden ? null : spreadOf(lanes.map((lane) => lane.value)),
    together: together(room, slider.id),
    ghost: ghost(room, slider.id),
    note: room.live.note(mine),
  };
}

/** The shared value, in the two phases that are about it. */
function together(room: StripRoom, slider: string): Together | null {
  if (room.phase === "place" || room.phase === "compare") return null;
  const value = room.consensus(slider);
  return value === null ? null : { value, state: settledState(room, slider, value) };
}

function settledState(room: StripRoom, slider: string, value: number): Together["state"] {
  if (!room.insight.settled.includes(slider)) return "open";
  const written = f.settled(room.fields, room.round, slider);
  if (written) return written.value === "differ" ? "differ" : "agreed";
  if (letStand(room.insight, slider, (role) => f.online(room.fields, role))) return "differ";
  // Insight may trail a moved slider a moment, and what nobody agreed to never looks agreed.
  return (room.insight.agreed[slider] ?? []).every((role) => f.agreed(room.fields, room.round, role, slider) === value) ? "agreed" : "open";
}

/** In a later round of the same exercise: where the first round ended. */
function ghost(room: StripRoom, slider: string): StripModel["ghost"] {
  const now = room.rounds.find((round) => round.id === room.round);
  const first = room.rounds.find((round) => round.exercise === now?.exercise);
  if (!now || !first || first.id === now.id) return null;
  const value = f.consensus(room.fields, first.id, slider);
  // A middle that nobody agreed to is no agreement, and neither is a difference that was left to stand.
  const agreed = typeof f.settled(room.fields, first.id, slider)?.value === "number";
  return value === null ? null : { value, label: agreed ? "Eerder afgesproken" : "Eerder, niet afgesproken" };
}
