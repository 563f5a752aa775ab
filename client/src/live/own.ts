/**
 * The sender: one's own values on their way to the server.
 *
 * Rules. The last value is never lost: it is kept until it came back in a frame. While dragging at most one send per
 * interval, the latest value only. The network never moves a thumb that is held or was moved a moment ago. After a
 * lost connection a kept value is sent again, unless the same seat wrote it from another device meanwhile.
 */
import { confirm, same, stop, type Channel, type Entry, type Note } from "./entry";
import type { FieldValue, Fields } from "./wire";

export type { Channel, Note, Status } from "./entry";

export interface OwnPorts {
  /** Sends at once; only called while connected. */
  send(event: string, payload: Record<string, unknown>): void;
  /** The server's value of a field, as last seen. */
  server(key: string): FieldValue;
  /** May this field still be written, seen from the newest snapshot? */
  writable(key: string): boolean;
  /** Something to see changed. */
  changed(): void;
  now(): number;
}

export const MOVE_INTERVAL = 50;
export const TEXT_INTERVAL = 800;
/** A finger wins this long after its last movement; then the server does. */
export const GRACE = 600;
export const RECEIPT_TIMEOUT = 3000;
/** Refusals that pass by themselves, and how long to wait before sending the same again. */
const RETRY: Record<string, number> = { "too-fast": 1000, unavailable: 2000 };

export class OwnValues {
  readonly #ports: OwnPorts;
  readonly #entries = new Map<string, Entry>();
  readonly #held = new Set<string>();
  #online = false;

  constructor(ports: OwnPorts) {
    this.#ports = ports;
  }

  /** The user moved or typed something. */
  set(key: string, value: FieldValue, channel: Channel): void {
    const known = this.#entries.get(key);
    const entry = known && !known.note && !known.confirmed ? known : this.#begin(key, channel, known);
    Object.assign(entry, { value, unsent: true, lastTouch: this.#ports.now() });
    this.#watchGrace(key, entry);
    this.#schedule(entry);
    this.#ports.changed();
  }

  /** A pointer (or, for text, the cursor) took hold. */
  hold(key: string): void {
    this.#held.add(key);
  }

  /** The pointer let go; what the network said meanwhile shows after the grace. */
  release(key: string): void {
    const entry = this.#held.delete(key) ? this.#entries.get(key) : undefined;
    if (!entry) return;
    entry.lastTouch = this.#ports.now();
    this.#watchGrace(key, entry);
  }

  /** What the thumb shows. */
  value(key: string): FieldValue {
    const entry = this.#entries.get(key);
    return entry && this.#ownWins(key, entry) ? entry.value : (this.#ports.server(key) ?? null);
  }

  /** What stands beside the thumb; null while there is nothing of one's own to tell. */
  note(key: string): Note | null {
    const entry = this.#entries.get(key);
    if (!entry) return null;
    if (entry.note) return entry.note;
    if (entry.confirmed) return { status: "saved", detail: "" };
    return { status: this.#online ? "sending" : "offline", detail: "" };
  }

  /** Is anything not yet known to be stored? */
  get pending(): boolean {
    return [...this.#entries.values()].some((entry) => !entry.confirmed && !entry.note);
  }

  /** A frame was applied to the state: receipts for what we sent, news for what we did not. */
  frame(set: Fields): void {
    for (const [key, entry] of this.#entries) {
      if (!(key in set) || entry.note) continue;
      if (!entry.unsent && same(set[key], entry.value)) confirm(entry);
      else if (entry.confirmed) this.#yield(key, entry);
      else entry.passed = true;
    }
    this.#ports.changed();
  }

  /** The connection is gone: values are kept. */
  offline(): void {
    this.#online = false;
    for (const entry of this.#entries.values()) stop(entry);
    this.#ports.changed();
  }

  /** A snapshot came: send again what is kept, where that is still right. */
  online(): void {
    this.#online = true;
    for (const [key, entry] of this.#entries) if (!entry.note) this.#resume(key, entry);
    this.#ports.changed();
  }

  /** The server refused. Some refusals pass by themselves; after the others the server's value stands. */
  refused(event: string, slider: string | null, code: string, detail: string): void {
    for (const [key, entry] of this.#entries) {
      const meant = entry.channel.event === event && (slider === null || entry.channel.slider === slider);
      if (!meant || entry.confirmed || entry.note) continue;
      const wait = RETRY[code];
      if (wait === undefined) this.#drop(key, entry, { status: "refused", detail });
      else this.#sendLater(entry, wait);
    }
    this.#ports.changed();
  }

  /** Stop every timer; the room is left. */
  close(): void {
    for (const entry of this.#entries.values()) {
      stop(entry);
      clearTimeout(entry.grace);
    }
    this.#entries.clear();
  }

  #begin(key: string, channel: Channel, before: Entry | undefined): Entry {
    if (before) clearTimeout(before.grace);
    const lastSend = before?.lastSend ?? (channel.trailing ? this.#ports.now() : -Infinity);
    const entry: Entry = {
      channel, lastSend, value: null, base: this.#ports.server(key) ?? null, sent: new Set(), unsent: true,
      confirmed: false, passed: false, lastTouch: 0, sending: undefined, receipt: undefined, grace: undefined, note: null,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #ownWins(key: string, entry: Entry): boolean {
    if (entry.note) return false;
    if (this.#held.has(key) || this.#recent(entry)) return true;
    return entry.channel.shared && this.#online ? false : !entry.confirmed;
  }

  #recent(entry: Entry): boolean {
    return this.#ports.now() - entry.lastTouch < GRACE;
  }

  #schedule(entry: Entry): void {
    if (!this.#online || entry.sending !== undefined) return;
    const interval = entry.channel.trailing ? TEXT_INTERVAL : MOVE_INTERVAL;
    const wait = entry.lastSend + interval - this.#ports.now();
    if (wait > 0) this.#sendLater(entry, wait);
    else this.#send(entry);
  }

  #sendLater(entry: Entry, wait: number): void {
    stop(entry);
    entry.sending = setTimeout(() => this.#send(entry), wait);
  }

  #send(entry: Entry): void {
    stop(entry);
    Object.assign(entry, { unsent: false, passed: false, lastSend: this.#ports.now() });
    entry.sent.add(entry.value);
    this.#ports.send(entry.channel.event, entry.channel.payload(entry.value));
    entry.receipt = setTimeout(() => this.#overdue(entry), RECEIPT_TIMEOUT);
  }

  /** No receipt. If another value came after our send, it won; if nothing came, sending again is safe. */
  #overdue(entry: Entry): void {
    if (!entry.passed) return this.#send(entry);
    for (const [key, other] of this.#entries) if (other === entry) this.#lost(key, entry);
    this.#ports.changed();
  }

  #lost(key: string, entry: Entry): void {
    if (entry.channel.shared) this.#forget(key, entry);
    else this.#drop(key, entry, { status: "elsewhere", detail: "" });
  }

  #watchGrace(key: string, entry: Entry): void {
    clearTimeout(entry.grace);
    entry.grace = setTimeout(() => {
      if (entry.confirmed && !same(this.#ports.server(key), entry.value)) this.#yield(key, entry);
      this.#ports.changed();
    }, GRACE + 1);
  }

  /** Another writer's value stands, as soon as our finger is off. */
  #yield(key: string, entry: Entry): void {
    if (!this.#held.has(key) && !this.#recent(entry)) this.#forget(key, entry);
  }

  #resume(key: string, entry: Entry): void {
    const server = this.#ports.server(key) ?? null;
    if (same(server, entry.value)) return confirm(entry);
    if (entry.confirmed) return this.#yield(key, entry);
    if (!this.#ports.writable(key)) return this.#drop(key, entry, { status: "refused", detail: "De stap is al voorbij." });
    if (same(server, entry.base) || entry.sent.has(server)) return this.#send(entry);
    this.#lost(key, entry);
  }

  #drop(key: string, entry: Entry, note: Note): void {
    stop(entry);
    this.#held.delete(key);
    entry.note = note;
  }

  #forget(key: string, entry: Entry): void {
    stop(entry);
    clearTimeout(entry.grace);
    this.#entries.delete(key);
  }
}
