/** What changed between two states, in words for the status region. Pure; `announce.ts` decides what is said when. */
import type { Announcer } from "./announce";
import * as f from "./fields";
import type { RoomState } from "./reduce";
import type { Fields } from "./wire";
import { levelWord, positionText } from "../panel/words";

export interface Names {
  role(id: string): string;
  slider(id: string): string;
  phase(phase: f.Phase): string;
}

/** Reports a frame to the announcer. `isOwn` keeps one's own moves of a shared slider silent. */
export function report(
  announcer: Announcer, before: RoomState, after: RoomState, set: Fields, names: Names,
  isOwn: (name: string) => boolean, now: number,
): void {
  for (const [name, value] of Object.entries(set)) {
    const [kind = "", ...rest] = name.split("/");
    if (kind === "position" || kind === "consensus" || kind === "agreed") {
      if (!isOwn(name)) reportValue(announcer, after, kind, rest, value, names, now);
    } else {
      const text = eventText(kind, rest[rest.length - 1] ?? "", value, before, after, names);
      if (text) announcer.happened(text);
    }
  }
  reportLevels(announcer, before, after, names, now);
}

function reportValue(
  announcer: Announcer, state: RoomState, kind: string, rest: string[], value: unknown, names: Names, now: number,
): void {
  const [round, role = ""] = rest;
  const slider = rest[rest.length - 1] ?? "";
  if (round !== f.activeRound(state.fields) || role === state.you || value === null) return;
  const id = `${kind}/${role}/${slider}`;
  announcer.moved({ id, slider: names.slider(slider), text: valueText(kind, names.role(role), value) }, now);
}

function valueText(kind: string, role: string, value: unknown): string {
  if (kind === "consensus") return `samen ${String(value)}`;
  if (kind === "position") return `${role} ${positionText(value as f.Position)}`;
  return value === "differ" ? `${role} laat het verschil staan` : `${role} gaat akkoord`;
}

function eventText(
  kind: string, last: string, value: unknown, before: RoomState, after: RoomState, names: Names,
): string | null {
  if (kind === "phase") return `Jullie zijn nu bij: ${names.phase(value as f.Phase)}.`;
  if (kind === "announcement") return value ? `Bericht van de begeleider: ${(value as f.Announcement).text}` : null;
  if (kind === "help") return (value as f.Help | null)?.claimed ? "De begeleider komt eraan." : null;
  if (kind === "locked") return value ? "De begeleider heeft de kamer stilgezet." : "Jullie kunnen weer schuiven.";
  if (last === after.you) return null;
  const role = names.role(last);
  if (kind === "proposal" && value) return `${role} stelt voor: ${names.phase((value as f.Step).phase)}.`;
  if (kind === "done" && value) return `${role} is klaar.`;
  if (kind === "seat" && value && !f.seat(before.fields, last)) return `${role} doet mee.`;
  return null;
}

function reportLevels(announcer: Announcer, before: RoomState, after: RoomState, names: Names, now: number): void {
  if (before.insight.round !== after.insight.round) return;
  for (const [slider, { level, spread }] of Object.entries(after.insight.sliders)) {
    if (level === null || level === before.insight.sliders[slider]?.level) continue;
    announcer.differs(names.slider(slider), `Nu ${spread} punten uit elkaar: ${levelWord(level)}`, now);
  }
}
