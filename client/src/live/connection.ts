/**
 * The room's connection: made to survive sleep, tunnels and restarts without a reload.
 *
 * Nothing is ever queued in the socket: `send` and `ask` refuse while there is no connection, so that an old command
 * cannot arrive late. What must not be lost is kept by the sender in `own.ts`.
 */
import { RoomSocket, type Wire } from "./socket";
import type { Ack, ErrorCode, Frame, Refused, Snapshot } from "./wire";

export type Refusal = "unknown-room" | "bad-token";
export type Connection =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "offline"; since: number }
  | { kind: "refused"; reason: Refusal }
  | { kind: "expired" }
  | { kind: "released" };

export interface Listeners {
  state(connection: Connection): void;
  snapshot(snapshot: Snapshot): void;
  frame(frame: Frame): void;
  refused(refused: Refused): void;
}

const ASK_TIMEOUT = 8000;
/** Refusals of the handshake after which trying again would change nothing. */
const FINAL = new Set(["unknown-room", "bad-token", "expired"]);

/** A socket on namespace `/room`. The code in the query lets a load balancer keep a room on one worker. */
export function openWire(code: string, token: string): Wire {
  const address = { namespace: "/room", query: { room: code }, auth: { code, token } };
  return new RoomSocket(address, async (same) => (await import("./polling")).openPolling(same));
}

export class RoomConnection {
  readonly #wire: Wire;
  readonly #listeners: Listeners;
  #state: Connection = { kind: "connecting" };
  #wasLive = false;
  #attempts = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(wire: Wire, listeners: Listeners) {
    this.#wire = wire;
    this.#listeners = listeners;
    wire.on("snapshot", (snapshot: Snapshot) => this.#onSnapshot(snapshot));
    wire.on("frame", (frame: Frame) => listeners.frame(frame));
    wire.on("refused", (refused: Refused) => listeners.refused(refused));
    // Another worker takes over: nobody has to see that, unless it does not answer.
    wire.on("moving", () => this.#reopen());
    wire.on("expired", () => this.#end({ kind: "expired" }));
    wire.on("disconnect", (reason: string) => this.#onDisconnect(reason));
    wire.on("connect_error", (error: Error) => this.#onConnectError(error));
    wire.connect();
  }

  get state(): Connection {
    return this.#state;
  }

  /** Fire and forget; false while there is no connection. */
  send(event: string, payload: Record<string, unknown>): boolean {
    if (!this.#wire.connected) return false;
    this.#wire.emit(event, payload);
    return true;
  }

  /** Ask and wait for the answer. Never throws: without a connection or an answer the error says so. */
  async ask(event: string, payload: object): Promise<Ack> {
    if (!this.#wire.connected) return failed("offline");
    try {
      return await this.#wire.timeout(ASK_TIMEOUT).emitWithAck(event, payload);
    } catch {
      return failed("no-answer");
    }
  }

  /** The browser woke up or is online again: do not wait for the next attempt. */
  wake(stale = false): void {
    // The first attempt is under way: a page that has just loaded "wakes up" too.
    if (this.#ended() || this.#state.kind === "connecting" || (this.#wire.connected && !stale)) return;
    this.#attempts = 0;
    this.#reopen();
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#state = { kind: "released" };
    this.#wire.disconnect();
  }

  #ended(): boolean {
    return ["refused", "expired", "released"].includes(this.#state.kind);
  }

  #onSnapshot(snapshot: Snapshot): void {
    this.#wasLive = true;
    this.#attempts = 0;
    this.#listeners.snapshot(snapshot);
    this.#move({ kind: "live" });
  }

  #onDisconnect(reason: string): void {
    if (this.#ended() || reason === "io client disconnect") return;
    this.#goOffline();
    // Also when the server closed it on purpose (seat freed, worker restarted): the next handshake tells which.
    this.#again();
  }

  #onConnectError(error: Error): void {
    if (this.#ended()) return;
    if (error.message === "expired") return this.#end({ kind: "expired" });
    if (error.message === "bad-token" && this.#wasLive) return this.#end({ kind: "released" });
    if (error.message === "unknown-room" && this.#wasLive) return this.#end({ kind: "expired" });
    if (FINAL.has(error.message)) return this.#end({ kind: "refused", reason: error.message as Refusal });
    this.#goOffline();
    this.#again();
  }

  #goOffline(): void {
    if (this.#state.kind !== "offline") this.#move({ kind: "offline", since: Date.now() });
  }

  /** Try again with growing, jittered waits, so that forty browsers do not return in the same instant. */
  #again(): void {
    clearTimeout(this.#retry);
    const wait = Math.min(5000, 400 * 2 ** this.#attempts++) * (0.5 + Math.random());
    this.#retry = setTimeout(() => {
      if (!this.#wire.connected && !this.#ended()) this.#reopen();
    }, wait);
  }

  #reopen(): void {
    clearTimeout(this.#retry);
    // Disconnecting first ends an attempt that hangs.
    this.#wire.disconnect();
    this.#wire.connect();
  }

  #end(state: Connection): void {
    this.#move(state);
    clearTimeout(this.#retry);
    this.#wire.disconnect();
  }

  #move(state: Connection): void {
    this.#state = state;
    this.#listeners.state(state);
  }
}

function failed(code: ErrorCode): Ack {
  return { ok: false, error: { code, detail: "" } };
}
