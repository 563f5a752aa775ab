import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RoomConnection, type Connection } from "./connection";
import type { Wire } from "./socket";
import type { Ack } from "./wire";

class FakeWire implements Wire {
  connected = false;
  connects = 0;
  readonly sent: unknown[][] = [];
  readonly #listeners: Record<string, (...args: never[]) => void> = {};

  on(event: string, listener: (...args: never[]) => void): void {
    this.#listeners[event] = listener;
  }
  emit(...args: unknown[]): void {
    this.sent.push(args);
  }
  timeout(): { emitWithAck(): Promise<Ack> } {
    return { emitWithAck: () => Promise.reject(new Error("timeout")) };
  }
  connect(): void {
    this.connects += 1;
  }
  disconnect(): void {
    if (this.connected) this.receive("disconnect", "io client disconnect");
    this.connected = false;
  }
  receive(event: string, ...args: unknown[]): void {
    if (event === "snapshot") this.connected = true;
    if (event === "disconnect") this.connected = false;
    this.#listeners[event]?.(...(args as never[]));
  }
}

function setup() {
  const wire = new FakeWire();
  const states: Connection["kind"][] = [];
  const connection = new RoomConnection(wire, {
    state: (state) => states.push(state.kind),
    snapshot: () => undefined,
    frame: () => undefined,
    refused: () => undefined,
  });
  return { wire, connection, states };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the connection", () => {
  it("is live only after a snapshot", () => {
    const { wire, connection } = setup();
    expect(connection.state.kind).toBe("connecting");
    wire.receive("snapshot", {});
    expect(connection.state.kind).toBe("live");
  });

  it("tries again after a lost connection, with growing waits, until it is back", () => {
    const { wire, connection } = setup();
    wire.receive("snapshot", {});
    wire.receive("disconnect", "transport close");
    expect(connection.state.kind).toBe("offline");
    vi.advanceTimersByTime(700);
    expect(wire.connects).toBe(2);
    wire.receive("connect_error", new Error("xhr poll error"));
    vi.advanceTimersByTime(1300);
    expect(wire.connects).toBe(3);
    wire.receive("snapshot", {});
    expect(connection.state.kind).toBe("live");
    vi.advanceTimersByTime(60_000);
    expect(wire.connects).toBe(3);
  });

  it("does not wait when the browser wakes up", () => {
    const { wire, connection } = setup();
    wire.receive("snapshot", {});
    wire.receive("disconnect", "ping timeout");
    connection.wake();
    expect(wire.connects).toBe(2);
  });

  it("leaves a sound connection alone on waking, but renews a stale one", () => {
    const { wire, connection } = setup();
    wire.receive("snapshot", {});
    connection.wake();
    expect(wire.connects).toBe(1);
    connection.wake(true);
    expect(wire.connects).toBe(2);
  });

  it.each(["unknown-room", "bad-token"])("stops at %s", (message) => {
    const { wire, connection } = setup();
    wire.receive("connect_error", new Error(message));
    expect(connection.state).toEqual({ kind: "refused", reason: message });
    vi.advanceTimersByTime(60_000);
    expect(wire.connects).toBe(1);
  });

  it("knows a freed seat from a wrong token: it was live before", () => {
    const { wire, connection } = setup();
    wire.receive("snapshot", {});
    wire.receive("disconnect", "io server disconnect");
    vi.advanceTimersByTime(700);
    wire.receive("connect_error", new Error("bad-token"));
    expect(connection.state.kind).toBe("released");
  });

  it("moves to another worker at once, and nobody sees it", () => {
    const { wire, connection } = setup();
    wire.receive("snapshot", {});
    wire.receive("moving", {});
    expect(wire.connects).toBe(2);
    expect(connection.state.kind).toBe("live");
    wire.receive("connect_error", new Error("websocket error"));
    expect(connection.state.kind).toBe("offline");
  });

  it("ends when the room is gone", () => {
    const { wire, connection } = setup();
    wire.receive("snapshot", {});
    wire.receive("expired", {});
    expect(connection.state.kind).toBe("expired");
    connection.wake(true);
    expect(wire.connects).toBe(1);
  });

  it("never queues: without a connection a command fails at once", async () => {
    const { wire, connection } = setup();
    expect(connection.send("move", {})).toBe(false);
    expect(await connection.ask("done", {})).toMatchObject({ ok: false, error: { code: "offline" } });
    expect(wire.sent).toEqual([]);
  });

  it("says that no answer came", async () => {
    const { wire, connection } = setup();
    wire.receive("snapshot", {});
    expect(await connection.ask("done", {})).toMatchObject({ ok: false, error: { code: "no-answer" } });
  });
});
