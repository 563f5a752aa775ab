/** The wire's types as the room uses them: the generated ones, with the flat map written out. */
import type * as wire from "../protocol.gen";

export type { ExerciseContent, Insight, Match, Profile, RankedProfile, Refused, RoomEvents, Slider } from "../protocol.gen";

export type FieldValue = unknown;
export type Fields = Record<string, FieldValue>;
export type Snapshot = Omit<wire.Snapshot, "fields"> & { fields: Fields };
export type Frame = Omit<wire.Frame, "set"> & { set: Fields };

/** The server's codes, and two of the browser's own: there is no connection, or no answer came. */
export type ErrorCode = wire.WireError["code"] | "offline" | "no-answer";
export type Ack = (wire.Accepted & { ok: true }) | { ok: false; error: { code: ErrorCode; detail: string } };
