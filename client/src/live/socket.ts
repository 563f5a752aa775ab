/**
 * A connection to one namespace of Socket.IO, over a WebSocket.
 *
 * It speaks the part of Engine.IO 4 and Socket.IO 5 that a room needs: text, events, acknowledgements. Socket.IO's own
 * client is three times what a room needs of it, and everyone would wait for it; so that one comes only where no
 * WebSocket comes through, and carries the room by long polling (`polling.ts`).
 */
import type { Ack } from "./wire";

/** What a room uses of a connection: a part of Socket.IO's own interface. Tests give a fake one. */
export interface Wire {
  readonly connected: boolean;
  on(event: string, listener: Listener): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  /** Rejects when no answer comes in time, and when the connection goes first. */
  timeout(ms: number): { emitWithAck(event: string, ...args: unknown[]): Promise<Ack> };
  connect(): unknown;
  disconnect(): unknown;
}

export type Listener = (...args: never[]) => void;

export interface Address {
  namespace: string;
  query: Record<string, string>;
  auth: Record<string, string>;
}

/** Makes the connection for where no WebSocket comes through. */
export type Otherwise = (address: Address) => Promise<Wire>;

/** In milliseconds, until the server lets us in. */
export const WITHIN = 8000;
/** After so many failures in a row also a line that once let WebSockets through may do so no more. */
const DOUBT = 3;

/** The first character of a message: of Engine.IO, and within its MESSAGE of Socket.IO. */
const ENGINE = { open: "0", close: "1", ping: "2", pong: "3", message: "4" };
const PACKET = { connect: "0", disconnect: "1", event: "2", ack: "3", refusal: "4" };

interface Asked {
  resolve(answer: Ack): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

export class RoomSocket implements Wire {
  readonly #address: Address;
  readonly #otherwise: Otherwise;
  readonly #listeners = new Map<string, Listener>();
  readonly #asked = new Map<number, Asked>();
  #socket: WebSocket | null = null;
  /** Long polling, while that carries the room. */
  #other: Wire | null = null;
  #inside = false;
  #lastId = 0;
  /** Changes with every attempt, so that what belongs to an earlier one can tell. */
  #attempt = 0;
  #failures = 0;
  #cameThrough = false;
  /** How long the server may be silent; its handshake tells. */
  #silence = WITHIN;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(address: Address, otherwise: Otherwise) {
    this.#address = address;
    this.#otherwise = otherwise;
  }

  get connected(): boolean {
    return this.#other?.connected ?? this.#inside;
  }

  /** One listener an event. */
  on(event: string, listener: Listener): void {
    this.#listeners.set(event, listener);
  }

  emit(event: string, ...args: unknown[]): void {
    if (this.#other) this.#other.emit(event, ...args);
    else this.#send(PACKET.event, JSON.stringify([event, ...args]));
  }

  timeout(ms: number): { emitWithAck(event: string, ...args: unknown[]): Promise<Ack> } {
    return this.#other?.timeout(ms) ?? { emitWithAck: (event, ...args) => this.#ask(ms, [event, ...args]) };
  }

  #ask(ms: number, message: unknown[]): Promise<Ack> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      const timer = setTimeout(() => {
        this.#asked.delete(id);
        reject(new Error("timeout"));
      }, ms);
      this.#asked.set(id, { resolve, reject, timer });
      this.#send(PACKET.event, `${id}${JSON.stringify(message)}`);
    });
  }

  connect(): void {
    this.#release();
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/socket.io/?${this.#query()}`);
    socket.onmessage = ({ data }: MessageEvent<string>) => this.#hear(data);
    socket.onclose = () => this.#closed();
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#closed(), WITHIN);
  }

  disconnect(): void {
    if (this.#inside) this.#send(PACKET.disconnect);
    this.#drop("io client disconnect");
  }

  #query(): URLSearchParams {
    return new URLSearchParams({ ...this.#address.query, EIO: "4", transport: "websocket" });
  }

  #send(type: string, rest = ""): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(`${ENGINE.message}${type}${this.#address.namespace},${rest}`);
  }

  #hear(text: string): void {
    const [type, rest] = [text.charAt(0), text.slice(1)];
    this.#cameThrough = true;
    if (type === ENGINE.open) {
      const { pingInterval, pingTimeout } = JSON.parse(rest) as { pingInterval: number; pingTimeout: number };
      this.#silence = pingInterval + pingTimeout;
      this.#send(PACKET.connect, JSON.stringify(this.#address.auth));
    } else if (type === ENGINE.ping) {
      this.#socket?.send(ENGINE.pong);
      this.#listen();
    } else if (type === ENGINE.close) {
      this.#drop("transport close");
    } else if (type === ENGINE.message) {
      this.#read(rest);
    }
  }

  /** Gives up on a server that does not ping any more. */
  #listen(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#drop("ping timeout"), this.#silence);
  }

  /** A packet such as `2/room,["frame",{…}]` or `3/room,17[{…}]`; it may come without a body. */
  #read(packet: string): void {
    const found = /^(\d)([^,]*),(\d*)(.*)$/s.exec(packet);
    if (!found || found[2] !== this.#address.namespace) return;
    const [, type, , id, body] = found;
    const read: unknown = body ? JSON.parse(body) : null;
    if (type === PACKET.event) {
      const [event, ...args] = read as [string, ...never[]];
      this.#tell(event, ...args);
    } else if (type === PACKET.ack) {
      this.#answered(Number(id), (read as [Ack])[0]);
    } else if (type === PACKET.connect) {
      this.#inside = true;
      this.#failures = 0;
      this.#listen();
      this.#tell("connect");
    } else if (type === PACKET.refusal) {
      this.#refuse((read as { message: string }).message);
    } else if (type === PACKET.disconnect) {
      this.#drop("io server disconnect");
    }
  }

  #answered(id: number, answer: Ack): void {
    const asked = this.#asked.get(id);
    if (!asked) return;
    this.#asked.delete(id);
    clearTimeout(asked.timer);
    asked.resolve(answer);
  }

  /** The WebSocket is gone, and it was not we who closed it; or something on the way swallows what it says. */
  #closed(): void {
    if (this.#inside) return this.#drop("transport close");
    this.#failures += 1;
    if (this.#cameThrough && this.#failures < DOUBT) this.#refuse("websocket error");
    else void this.#tryOtherwise();
  }

  async #tryOtherwise(): Promise<void> {
    this.#release();
    const attempt = this.#attempt;
    const other = await this.#otherwise(this.#address).catch(() => null);
    if (attempt !== this.#attempt) return;
    if (!other) return this.#refuse("websocket error");
    for (const [event, listener] of this.#listeners) other.on(event, listener);
    this.#other = other;
    other.connect();
  }

  #refuse(message: string): void {
    this.#release();
    this.#tell("connect_error", new Error(message));
  }

  #drop(reason: string): void {
    const inside = this.#inside;
    this.#release();
    if (inside) this.#tell("disconnect", reason);
  }

  /** Lets go of the attempt or connection that there is. */
  #release(): void {
    this.#attempt += 1;
    clearTimeout(this.#timer);
    if (this.#socket) this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket?.close();
    this.#other?.disconnect();
    this.#socket = this.#other = null;
    this.#inside = false;
    for (const { reject, timer } of this.#asked.values()) {
      clearTimeout(timer);
      reject(new Error("disconnected"));
    }
    this.#asked.clear();
  }

  #tell(event: string, ...args: unknown[]): void {
    this.#listeners.get(event)?.(...(args as never[]));
  }
}
