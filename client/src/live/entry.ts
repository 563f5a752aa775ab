/** One value on its way to the server; the bookkeeping of `own.ts`. */
import type { FieldValue } from "./wire";

export type Status = "saved" | "sending" | "offline" | "refused" | "elsewhere";
export interface Note {
  status: Status;
  detail: string;
}

/** How a field is written: the event and its payload for a value. */
export interface Channel {
  event: "move" | "reason" | "consensus";
  slider: string;
  payload: (value: FieldValue) => Record<string, unknown>;
  /** All seats may write it: after release the server's value counts, whoever's it is. */
  shared?: boolean;
  /** Text: wait for a pause before the first send. */
  trailing?: boolean;
}

type Timer = ReturnType<typeof setTimeout> | undefined;

export interface Entry {
  channel: Channel;
  value: FieldValue;
  /** The server's value when this change began; another one later means that another device moved. */
  base: FieldValue;
  /** Values sent since then: one of them coming back is our own echo. */
  sent: Set<FieldValue>;
  unsent: boolean;
  confirmed: boolean;
  /** A value that is not the last one came back since the last send. */
  passed: boolean;
  lastSend: number;
  lastTouch: number;
  sending: Timer;
  receipt: Timer;
  grace: Timer;
  note: Note | null;
}

/** Its last value came back. */
export function confirm(entry: Entry): void {
  stop(entry);
  entry.confirmed = true;
  entry.unsent = false;
  entry.base = entry.value;
  entry.sent.clear();
}

export function stop(entry: Entry): void {
  clearTimeout(entry.sending);
  clearTimeout(entry.receipt);
  entry.sending = entry.receipt = undefined;
}

/** An absent field is as good as null. */
export function same(a: FieldValue, b: FieldValue): boolean {
  return (a ?? null) === (b ?? null);
}
