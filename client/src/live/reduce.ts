/** The room as the browser knows it: a snapshot, and frames laid over it. Law: snapshot + frames = later snapshot. */
import type { Fields, Frame, Insight, Snapshot } from "./wire";

export interface RoomState {
  seq: number;
  you: string;
  fields: Fields;
  insight: Insight;
  exercises: Record<string, string>;
}

export type Message = { type: "snapshot"; body: Snapshot } | { type: "frame"; body: Frame };

/** A new state; the old one is never touched, so a component may keep it. A frame before any snapshot is ignored. */
export function reduce(state: RoomState | null, message: Message): RoomState | null {
  return message.type === "snapshot" ? fromSnapshot(message.body) : withFrame(state, message.body);
}

function fromSnapshot({ seq, you, fields, insight, exercises }: Snapshot): RoomState {
  return { seq, you: you.role, fields, insight, exercises };
}

function withFrame(state: RoomState | null, frame: Frame): RoomState | null {
  // A frame can still be on its way when a snapshot overtakes it; presence travels without raising `seq`.
  if (state === null || frame.seq < state.seq) return state;
  return { ...state, seq: frame.seq, fields: merge(state.fields, frame.set), insight: frame.insight ?? state.insight };
}

function merge(fields: Fields, set: Fields): Fields {
  const next = { ...fields };
  for (const [name, value] of Object.entries(set)) {
    if (value === null) delete next[name];
    else next[name] = value;
  }
  return next;
}
