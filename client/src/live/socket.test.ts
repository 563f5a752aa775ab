import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RoomSocket, type Listener, type Wire } from "./socket";

/** A WebSocket of which the test is the other end. */
class FakeWebSocket {
  static readonly OPEN = 1;
  static made: FakeWebSocket[] = [];
  readyState = FakeWebSocket.OPEN;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly sent: string[] = [];

  constructor(readonly url: string) {
    FakeWebSocket.made.push(this);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.readyState = 3;
  }
  receive(...texts: string[]): void {
    for (const data of texts) this.onmessage?.({ data });
  }
  fail(): void {
    this.readyState = 3;
    this.onclose?.();
  }
}

const OPEN = '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
const INSIDE = '40/room,{"sid":"r"}';
const ADDRESS = { namespace: "/room", query: { room: "k7m2qx" }, auth: { code: "k7m2qx", token: "t" } };

class FakePolling implements Wire {
  connected = false;
  connects = 0;
  readonly sent: unknown[][] = [];
  readonly listeners = new Map<string, Listener>();
  on = (event: string, listener: Listener) => this.listeners.set(event, listener);
  emit = (...args: unknown[]) => this.sent.push(args);
  timeout = () => ({ emitWithAck: () => Promise.resolve({ ok: true as const, seq: 7 }) });
  connect = () => {
    this.connects += 1;
    this.connected = true;
  };
  disconnect = () => (this.connected = false);
}

function setup(otherwise: () => Promise<Wire> = () => Promise.reject(new Error("not there"))) {
  const socket = new RoomSocket(ADDRESS, otherwise);
  const heard: unknown[][] = [];
  for (const event of ["connect", "disconnect", "connect_error", "frame"]) {
    socket.on(event, (...args: unknown[]) => heard.push([event, ...args]));
  }
  socket.connect();
  return { socket, heard };
}

function line(): FakeWebSocket {
  const last = FakeWebSocket.made.at(-1);
  if (!last) throw new Error("no WebSocket was made");
  return last;
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeWebSocket.made = [];
  vi.stubGlobal("WebSocket", FakeWebSocket);
  vi.stubGlobal("location", { origin: "https://mengpaneel.example" });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the socket of a room", () => {
  it("asks to be let in to its namespace, with the room in the address for a load balancer", () => {
    const { socket, heard } = setup();
    expect(line().url).toBe("wss://mengpaneel.example/socket.io/?room=k7m2qx&EIO=4&transport=websocket");
    line().receive(OPEN);
    expect(line().sent).toEqual(['40/room,{"code":"k7m2qx","token":"t"}']);
    expect(socket.connected).toBe(false);
    line().receive(INSIDE);
    expect(socket.connected).toBe(true);
    expect(heard).toEqual([["connect"]]);
  });

  it("tells events, also with a comma or a line end in a text", () => {
    const { heard } = setup();
    line().receive(OPEN, INSIDE, '42/room,["frame",{"seq":3,"set":{"reason/a":"een, twee\\nen drie"}}]');
    expect(heard.at(-1)).toEqual(["frame", { seq: 3, set: { "reason/a": "een, twee\nen drie" } }]);
  });

  it("hears nothing of another namespace, nor of what it does not know", () => {
    const { heard } = setup();
    line().receive(OPEN, INSIDE, '42["frame",{}]', '42/overview,["frame",{}]', "6", "4", "49/room,");
    expect(heard).toEqual([["connect"]]);
  });

  it("gives each question its own answer", async () => {
    const { socket } = setup();
    line().receive(OPEN, INSIDE);
    const [one, two] = [1, 2].map((value) => socket.timeout(8000).emitWithAck("move", { value }));
    expect(line().sent.slice(1)).toEqual(['42/room,1["move",{"value":1}]', '42/room,2["move",{"value":2}]']);
    line().receive('43/room,2[{"ok":true,"seq":5}]', '43/room,1[{"ok":true,"seq":4}]', '43/room,9[{"ok":true}]');
    expect(await one).toEqual({ ok: true, seq: 4 });
    expect(await two).toEqual({ ok: true, seq: 5 });
  });

  it("rejects a question without an answer in time, and every question when the connection goes", async () => {
    const { socket } = setup();
    line().receive(OPEN, INSIDE);
    const late = expect(socket.timeout(8000).emitWithAck("help", {})).rejects.toThrow("timeout");
    vi.advanceTimersByTime(8000);
    await late;
    const lost = expect(socket.timeout(8000).emitWithAck("help", {})).rejects.toThrow("disconnected");
    line().fail();
    await lost;
  });

  it("answers pings, and takes a server that is silent for gone", () => {
    const { heard } = setup();
    line().receive(OPEN, INSIDE);
    vi.advanceTimersByTime(44_000);
    line().receive("2");
    expect(line().sent.at(-1)).toBe("3");
    vi.advanceTimersByTime(44_000);
    expect(heard).toEqual([["connect"]]);
    vi.advanceTimersByTime(1000);
    expect(heard.at(-1)).toEqual(["disconnect", "ping timeout"]);
  });

  it("says why a connection ended, and leaves no WebSocket behind", () => {
    for (const [message, reason] of [["41/room,", "io server disconnect"], ["1", "transport close"]] as const) {
      const { socket, heard } = setup();
      const socketThere = line();
      socketThere.receive(OPEN, INSIDE, message);
      expect(heard.at(-1)).toEqual(["disconnect", reason]);
      expect([socket.connected, socketThere.readyState, socketThere.onmessage]).toEqual([false, 3, null]);
    }
  });

  it("says goodbye when it leaves, and is heard once", () => {
    const { socket, heard } = setup();
    line().receive(OPEN, INSIDE);
    socket.disconnect();
    expect(line().sent.at(-1)).toBe("41/room,");
    socket.disconnect();
    expect(heard).toEqual([["connect"], ["disconnect", "io client disconnect"]]);
  });

  it("tells the server's refusal by its message", () => {
    const { socket, heard } = setup();
    line().receive(OPEN, '44/room,{"message":"bad-token"}');
    expect((heard[0]?.[1] as Error).message).toBe("bad-token");
    expect(socket.connected).toBe(false);
  });

  it("does not wait for ever to be let in", () => {
    const { heard } = setup();
    line().receive(OPEN);
    vi.advanceTimersByTime(8000);
    expect((heard[0]?.[1] as Error).message).toBe("websocket error");
  });

  it("uses long polling where a proxy swallows WebSockets without a word", async () => {
    const polling = new FakePolling();
    const { socket, heard } = setup(() => Promise.resolve(polling));
    await vi.advanceTimersByTimeAsync(7999);
    expect([heard, polling.connects]).toEqual([[], 0]);
    await vi.advanceTimersByTimeAsync(1);
    expect([socket.connected, polling.connects]).toEqual([true, 1]);
  });

  it("uses long polling where no WebSocket comes through, and tries a WebSocket first the next time", async () => {
    const polling = new FakePolling();
    const { socket, heard } = setup(() => Promise.resolve(polling));
    line().fail();
    await vi.advanceTimersByTimeAsync(0);
    expect([socket.connected, polling.connects]).toEqual([true, 1]);
    polling.listeners.get("frame")?.(...([{ seq: 1 }] as never[]));
    expect(heard).toEqual([["frame", { seq: 1 }]]);
    socket.emit("move", { value: 1 });
    expect(polling.sent).toEqual([["move", { value: 1 }]]);
    expect(await socket.timeout(1).emitWithAck("help", {})).toEqual({ ok: true, seq: 7 });
    socket.connect();
    expect([polling.connected, FakeWebSocket.made.length]).toEqual([false, 2]);
  });

  it("fails as a whole where long polling cannot even be fetched", async () => {
    const { heard } = setup();
    line().fail();
    await vi.advanceTimersByTimeAsync(0);
    expect((heard[0]?.[1] as Error).message).toBe("websocket error");
  });

  it("leaves polling alone while the server is away, and doubts the line after three failures", async () => {
    const otherwise = vi.fn(() => Promise.resolve<Wire>(new FakePolling()));
    const { socket } = setup(otherwise);
    line().receive(OPEN, INSIDE);
    line().fail();
    for (let failure = 0; failure < 2; failure += 1) {
      socket.connect();
      line().fail();
    }
    expect(otherwise).not.toHaveBeenCalled();
    socket.connect();
    line().fail();
    expect(otherwise).toHaveBeenCalledOnce();
  });

  it("forgets long polling that arrives after it was left", async () => {
    const polling = new FakePolling();
    const { socket } = setup(() => Promise.resolve(polling));
    line().fail();
    socket.disconnect();
    await vi.advanceTimersByTimeAsync(0);
    expect(polling.connects).toBe(0);
  });
});
