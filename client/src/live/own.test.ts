import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GRACE, MOVE_INTERVAL, OwnValues, RECEIPT_TIMEOUT, TEXT_INTERVAL, type Channel } from "./own";

const KEY = "position/huidig/sociaal/bestuur";
const move: Channel = { event: "move", slider: "bestuur", payload: (value) => ({ slider: "bestuur", value }) };
const shared: Channel = { event: "consensus", slider: "bestuur", shared: true, payload: (value) => ({ value }) };
const text: Channel = { event: "reason", slider: "bestuur", trailing: true, payload: (value) => ({ text: value }) };

/** A server that stores at once when told to, and a sender on fake time. */
function setup(start: unknown = null) {
  const server: Record<string, unknown> = { [KEY]: start };
  const sent: Record<string, unknown>[] = [];
  const state = { writable: true };
  const own = new OwnValues({
    send: (_event, payload) => void sent.push(payload),
    server: (key) => server[key],
    writable: () => state.writable,
    changed: () => undefined,
    now: () => performance.now(),
  });
  own.online();
  /** A frame with this value arrives. */
  const frame = (value: unknown) => {
    server[KEY] = value;
    own.frame({ [KEY]: value });
  };
  return { own, sent, server, state, frame, values: () => sent.map((payload) => payload.value) };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the sender while dragging", () => {
  it("sends the first value at once and shows it as under way", () => {
    const { own, values } = setup();
    own.set(KEY, 60, move);
    expect(values()).toEqual([60]);
    expect(own.note(KEY)?.status).toBe("sending");
  });

  it("sends at most twenty values a second, the latest only, and the last always", () => {
    const { own, values } = setup();
    for (let step = 0; step <= 100; step += 1) {
      own.set(KEY, step, move);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(MOVE_INTERVAL);
    expect(values().length).toBeLessThanOrEqual(22);
    expect(values().at(-1)).toBe(100);
  });

  it("is stored only when its last value came back", () => {
    const { own, frame } = setup();
    own.set(KEY, 60, move);
    own.set(KEY, 65, move);
    frame(60);
    expect(own.note(KEY)?.status).toBe("sending");
    vi.advanceTimersByTime(MOVE_INTERVAL);
    frame(65);
    expect(own.note(KEY)?.status).toBe("saved");
    expect(own.pending).toBe(false);
  });

  it("is not moved by its own older values coming back", () => {
    const { own, frame } = setup();
    own.set(KEY, 60, move);
    vi.advanceTimersByTime(MOVE_INTERVAL);
    own.set(KEY, 70, move);
    vi.advanceTimersByTime(GRACE * 2);
    frame(60);
    expect(own.value(KEY)).toBe(70);
  });

  it("is not moved by another device while a pointer holds it, and follows after release", () => {
    const { own, frame } = setup();
    own.hold(KEY);
    own.set(KEY, 60, move);
    frame(60);
    frame(20);
    vi.advanceTimersByTime(GRACE * 3);
    expect(own.value(KEY)).toBe(60);
    own.release(KEY);
    vi.advanceTimersByTime(GRACE + 5);
    expect(own.value(KEY)).toBe(20);
  });

  it("follows another device of the same seat when nobody is at the slider", () => {
    const { own, frame } = setup();
    own.set(KEY, 60, move);
    frame(60);
    vi.advanceTimersByTime(GRACE * 2);
    frame(35);
    expect(own.value(KEY)).toBe(35);
    expect(own.note(KEY)).toBeNull();
  });

  it("takes a value back with null", () => {
    const { own, values, frame } = setup(50);
    own.set(KEY, null, move);
    expect(values()).toEqual([null]);
    frame(null);
    expect(own.note(KEY)?.status).toBe("saved");
  });
});

describe("the sender without a connection", () => {
  it("keeps the last value, shows it as offline, and sends it on return", () => {
    const { own, values } = setup(50);
    own.offline();
    own.set(KEY, 60, move);
    own.set(KEY, 75, move);
    expect(own.note(KEY)?.status).toBe("offline");
    vi.advanceTimersByTime(60_000);
    expect(own.value(KEY)).toBe(75);
    own.online();
    expect(values()).toEqual([75]);
  });

  it("knows on return that the value had arrived after all", () => {
    const { own, server, values } = setup(50);
    own.set(KEY, 60, move);
    own.offline();
    server[KEY] = 60;
    own.online();
    expect(values()).toEqual([60]);
    expect(own.note(KEY)?.status).toBe("saved");
  });

  it("goes on from its own half-way value that did arrive", () => {
    const { own, server, values } = setup(50);
    own.set(KEY, 60, move);
    own.offline();
    own.set(KEY, 80, move);
    server[KEY] = 60;
    own.online();
    expect(values()).toEqual([60, 80]);
  });

  it("does not overwrite what another device of the seat set meanwhile", () => {
    const { own, server, values } = setup(50);
    own.offline();
    own.set(KEY, 60, move);
    server[KEY] = 10;
    own.online();
    expect(values()).toEqual([]);
    expect(own.note(KEY)?.status).toBe("elsewhere");
    expect(own.value(KEY)).toBe(10);
  });

  it("does not send into a step that is over, and says so", () => {
    const { own, state, values } = setup(50);
    own.offline();
    own.set(KEY, 60, move);
    state.writable = false;
    own.online();
    expect(values()).toEqual([]);
    expect(own.note(KEY)).toMatchObject({ status: "refused" });
    expect(own.value(KEY)).toBe(50);
  });
});

describe("the sender when something goes wrong", () => {
  it("falls back to the server's value on a refusal, with its reason", () => {
    const { own } = setup(50);
    own.set(KEY, 60, move);
    own.refused("move", "bestuur", "wrong-phase", "te laat");
    expect(own.value(KEY)).toBe(50);
    expect(own.note(KEY)).toEqual({ status: "refused", detail: "te laat" });
  });

  it("leaves other sliders alone when one is refused", () => {
    const { own } = setup(50);
    own.set(KEY, 60, move);
    own.refused("move", "communicatie", "wrong-phase", "te laat");
    expect(own.note(KEY)?.status).toBe("sending");
  });

  it("starts anew when the user moves after a refusal", () => {
    const { own, frame } = setup(50);
    own.set(KEY, 60, move);
    own.refused("move", "bestuur", "locked", "stil");
    vi.advanceTimersByTime(1000);
    own.set(KEY, 70, move);
    frame(70);
    expect(own.note(KEY)?.status).toBe("saved");
  });

  it.each(["unavailable", "too-fast"])("sends again by itself after %s", (code) => {
    const { own, values } = setup(50);
    own.set(KEY, 60, move);
    own.refused("move", "bestuur", code, "");
    expect(own.note(KEY)?.status).toBe("sending");
    vi.advanceTimersByTime(2100);
    expect(values()).toEqual([60, 60]);
  });

  it("sends again when no receipt came, for that is safe", () => {
    const { own, values } = setup(50);
    own.set(KEY, 60, move);
    vi.advanceTimersByTime(RECEIPT_TIMEOUT + 10);
    expect(values()).toEqual([60, 60]);
  });

  it("gives way when only another value came instead of the receipt", () => {
    const { own, frame } = setup(50);
    own.set(KEY, 60, move);
    frame(15);
    vi.advanceTimersByTime(RECEIPT_TIMEOUT + 10);
    expect(own.note(KEY)?.status).toBe("elsewhere");
    expect(own.value(KEY)).toBe(15);
  });
});

describe("a fader of all", () => {
  it("obeys one's own finger until 600 ms after release, then the server", () => {
    const { own, frame } = setup(64);
    own.hold(KEY);
    own.set(KEY, 70, shared);
    frame(70);
    frame(40);
    expect(own.value(KEY)).toBe(70);
    own.release(KEY);
    vi.advanceTimersByTime(GRACE - 10);
    expect(own.value(KEY)).toBe(70);
    vi.advanceTimersByTime(20);
    expect(own.value(KEY)).toBe(40);
  });

  it("gives way quietly when another's value won the race", () => {
    const { own, frame } = setup(64);
    own.set(KEY, 70, shared);
    frame(40);
    vi.advanceTimersByTime(RECEIPT_TIMEOUT + 10);
    expect(own.value(KEY)).toBe(40);
    expect(own.note(KEY)).toBeNull();
  });
});

describe("a text", () => {
  it("waits for a pause before it is sent, and sends the whole", () => {
    const { own, sent } = setup();
    for (const letters of ["D", "De", "De wijkkrant"]) {
      own.set(KEY, letters, text);
      vi.advanceTimersByTime(100);
    }
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(TEXT_INTERVAL);
    expect(sent).toEqual([{ text: "De wijkkrant" }]);
  });
});
