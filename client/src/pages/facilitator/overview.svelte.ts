/** The facilitator's live view of all rooms: one connection, and what it last said. */
import { io, type Socket } from "socket.io-client";
import { ServerClock } from "../../live/clock";
import type { Overview, OverviewAnswer, OverviewHelp, OverviewLock, OverviewStep, Summary, WerkplaatsInfo } from "../../protocol.gen";

export type Link = "connecting" | "live" | "offline" | "refused";

interface Requests {
  phase: OverviewStep;
  help: OverviewHelp;
  lock: OverviewLock;
}

/** Refusals of the handshake after which trying again would change nothing. */
const FINAL = new Set(["bad-token", "expired", "unknown-werkplaats", "unknown-room"]);
const ANSWER_WITHIN = 10_000;
const TRY_AGAIN_AFTER = 3000;

export class OverviewRoom {
  link: Link = $state("connecting");
  werkplaats: WerkplaatsInfo | null = $state.raw(null);
  rooms: Record<string, Summary> = $state.raw({});
  /** The server's clock in milliseconds; moves every few seconds, for what says "2 min". */
  now = $state(Date.now());

  readonly #clock = new ServerClock();
  readonly #socket: Socket;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(werkplaats: string, token: string) {
    this.#socket = io("/overview", {
      auth: { werkplaats, token },
      // Lets a load balancer keep the connection on one worker: polling asks for that.
      query: { werkplaats },
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      forceNew: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5000,
      timeout: 8000,
    });
    this.#socket.on("overview", (all: Overview) => this.#replace(all));
    this.#socket.on("rooms", (changed: Record<string, Summary>) => (this.rooms = { ...this.rooms, ...changed }));
    this.#socket.on("moving", () => this.reopen());
    this.#socket.on("expired", () => this.#refuse());
    this.#socket.on("disconnect", (reason) => this.#lost(reason));
    this.#socket.on("connect_error", (error) => this.#failed(error.message));
    this.#timers.push(setInterval(() => (this.now = this.#clock.now()), 5000));
    addEventListener("online", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
  }

  /** Never throws; null when there was no connection or no answer in time. */
  async ask<E extends keyof Requests>(event: E, payload: Requests[E]): Promise<OverviewAnswer | null> {
    if (!this.#socket.connected) return null;
    try {
      return (await this.#socket.timeout(ANSWER_WITHIN).emitWithAck(event, payload)) as OverviewAnswer;
    } catch {
      return null;
    }
  }

  /** Asks for the whole anew, for instance after rooms were added, or with another token. */
  reopen(token?: string): void {
    if (token) this.#socket.auth = { ...(this.#socket.auth as object), token };
    this.#socket.disconnect().connect();
  }

  close(): void {
    this.#timers.forEach(clearInterval);
    clearTimeout(this.#retry);
    removeEventListener("online", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
    this.#socket.disconnect();
  }

  readonly #wake = (): void => {
    if (document.visibilityState === "visible" && !this.#socket.connected && this.link !== "refused") this.#socket.connect();
  };

  #replace(all: Overview): void {
    this.#clock.set(all.now);
    this.now = this.#clock.now();
    this.werkplaats = all.werkplaats;
    this.rooms = all.rooms;
    this.link = "live";
  }

  #lost(reason: string): void {
    if (this.link === "refused" || reason === "io client disconnect") return;
    this.link = "offline";
    // Socket.IO does not try again by itself after the server hung up.
    if (reason === "io server disconnect") this.#again();
  }

  #failed(message: string): void {
    if (FINAL.has(message)) return this.#refuse();
    this.link = "offline";
    if (!this.#socket.active) this.#again();
  }

  #again(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#socket.connect(), TRY_AGAIN_AFTER);
  }

  #refuse(): void {
    this.link = "refused";
    this.#socket.disconnect();
  }
}
