/** A room, live: connection, state, own values and clock put together. The only stateful part of `live/`. */
import { ServerClock } from "./clock";
import { RoomConnection, type Connection } from "./connection";
import { activeRound, key, locked, phase } from "./fields";
import { OwnValues, type Channel, type Note } from "./own";
import { reduce, type Message, type RoomState } from "./reduce";
import { refusalSentence } from "./refusals";
import type { Wire } from "./socket";
import type { Ack, FieldValue, Fields, RoomEvents } from "./wire";

export interface Watcher {
  /** The state moved on; `set` names the fields of a frame, null for a snapshot. */
  (before: RoomState, after: RoomState, set: Fields | null): void;
}

/** In which phases a kind of field may be written by a seat. */
const OPEN: Record<string, readonly string[]> = {
  position: ["place", "compare"],
  reason: ["place", "compare", "agree"],
  consensus: ["agree"],
};

export class LiveRoom {
  state: RoomState | null = $state.raw(null);
  connection: Connection = $state.raw({ kind: "connecting" });
  /** What went wrong with the last command, as a sentence; null when it went well. */
  problem: string | null = $state(null);
  readonly clock = new ServerClock();
  /** Raised whenever an own value or its status may look different. */
  #ownTurn = $state(0);
  readonly #wire: RoomConnection;
  readonly #own: OwnValues;
  // Nothing on screen depends on who watches.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly #watchers = new Set<Watcher>();

  constructor(wire: Wire) {
    this.#own = new OwnValues({
      send: (event, payload) => void this.#wire.send(event, payload),
      server: (name) => this.state?.fields[name],
      writable: (name) => this.#writable(name),
      changed: () => (this.#ownTurn += 1),
      now: () => performance.now(),
    });
    this.#wire = new RoomConnection(wire, {
      state: (connection) => this.#connected(connection),
      snapshot: (body) => {
        this.clock.set(body.now);
        this.#apply({ type: "snapshot", body }, null);
        this.#own.online();
      },
      frame: (body) => {
        this.#apply({ type: "frame", body }, body.set);
        this.#own.frame(body.set);
      },
      refused: ({ event, slider, error }) =>
        this.#own.refused(event, slider ?? null, error.code, refusalSentence(error.code)),
    });
  }

  /** Own values: what the thumb shows, and how it is with the saving. */
  value(name: string): FieldValue {
    void this.#ownTurn;
    return this.#own.value(name);
  }

  note(name: string): Note | null {
    void this.#ownTurn;
    return this.#own.note(name);
  }

  /** True while something of one's own is not yet known to be stored. */
  get pending(): boolean {
    void this.#ownTurn;
    return this.#own.pending;
  }

  move(round: string, role: string, slider: string, value: number | "unknown" | null): void {
    this.#own.set(key.position(round, role, slider), value, moveChannel(round, slider));
  }

  consensus(round: string, slider: string, value: number): void {
    this.#own.set(key.consensus(round, slider), value, consensusChannel(round, slider));
  }

  /** The server trims; so do we, or the receipt would never match. */
  reason(round: string, role: string, slider: string, text: string): void {
    this.#own.set(key.reason(round, role, slider), text.trim() || null, reasonChannel(round, slider));
  }

  hold(name: string): void {
    this.#own.hold(name);
  }

  release(name: string): void {
    this.#own.release(name);
  }

  /** A command with an answer; a failure stands in `problem` until the next command. */
  async ask<E extends keyof RoomEvents>(event: E, payload: RoomEvents[E]): Promise<Ack> {
    const ack = await this.#wire.ask(event, payload);
    this.problem = ack.ok ? null : refusalSentence(ack.error.code);
    return ack;
  }

  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  wake(stale: boolean): void {
    this.#wire.wake(stale);
  }

  close(): void {
    this.#own.close();
    this.#wire.close();
  }

  #apply(message: Message, set: Fields | null): void {
    const before = this.state;
    this.state = reduce(before, message);
    if (before && this.state) for (const watcher of this.#watchers) watcher(before, this.state, set);
  }

  #connected(connection: Connection): void {
    this.connection = connection;
    if (connection.kind !== "live") this.#own.offline();
  }

  #writable(name: string): boolean {
    const fields = this.state?.fields;
    const [kind = "", round] = name.split("/");
    if (!fields || locked(fields) || round !== activeRound(fields)) return false;
    return OPEN[kind]?.includes(phase(fields)) ?? false;
  }
}

function moveChannel(round: string, slider: string): Channel {
  return { event: "move", slider, payload: (value) => ({ slider, value, round }) };
}

function consensusChannel(round: string, slider: string): Channel {
  return { event: "consensus", slider, shared: true, payload: (value) => ({ slider, value, round }) };
}

function reasonChannel(round: string, slider: string): Channel {
  return { event: "reason", slider, trailing: true, payload: (text) => ({ slider, text, round }) };
}
