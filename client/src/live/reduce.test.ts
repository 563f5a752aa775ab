import { describe, expect, it } from "vitest";
import { reduce, type RoomState } from "./reduce";
import type { Frame, Insight, Snapshot } from "./wire";

const empty = { verdict: "incomplete" as const, ranking: [] };
const insight = (round = "huidig"): Insight => ({
  round, sliders: {}, order: [], agreement: null, consensus: empty, seats: {}, agreed: {}, differ: {}, settled: [], complete: false,
});
const snapshot = (seq: number, fields: Record<string, unknown>): Snapshot => ({
  seq, now: "2026-01-01T10:00:00.000Z", you: { role: "sociaal" }, fields, insight: insight(), exercises: {},
});
const frame = (seq: number, set: Record<string, unknown>, more: Partial<Frame> = {}): Frame => ({ seq, set, ...more });
const run = (state: RoomState | null, ...frames: Frame[]) =>
  frames.reduce((now, body) => reduce(now, { type: "frame", body }), state);
const start = (seq: number, fields: Record<string, unknown>) => reduce(null, { type: "snapshot", body: snapshot(seq, fields) });

describe("reduce", () => {
  it("ignores a frame before any snapshot", () => {
    expect(run(null, frame(1, { a: 1 }))).toBeNull();
  });

  it("sets and removes fields and takes the newest seq", () => {
    const state = run(start(3, { a: 1, b: 2 }), frame(4, { a: 9, b: null, c: true }));
    expect(state).toMatchObject({ seq: 4, fields: { a: 9, c: true } });
    expect(state?.fields).not.toHaveProperty("b");
  });

  it("ignores a frame that a snapshot overtook", () => {
    expect(run(start(5, { a: 5 }), frame(4, { a: 4 }))?.fields.a).toBe(5);
  });

  it("takes presence, which travels without a new seq", () => {
    expect(run(start(5, {}), frame(5, { "online/fysiek": true }))?.fields["online/fysiek"]).toBe(true);
  });

  it("keeps the insight until a frame brings a whole new one", () => {
    const state = run(start(1, {}), frame(2, { a: 1 }), frame(3, {}, { insight: insight("ambitie") }), frame(4, { b: 1 }));
    expect(state?.insight.round).toBe("ambitie");
  });

  it("never changes a state that was handed out", () => {
    const before = start(1, { a: 1 });
    run(before, frame(2, { a: 2 }));
    expect(before?.fields).toEqual({ a: 1 });
  });

  it("law: snapshot + frames = later snapshot, for many random histories", () => {
    let seed = 20260101;
    const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    for (let history = 0; history < 50; history += 1) {
      const map: Record<string, unknown> = { k0: 0 };
      let state = start(0, { ...map });
      for (let seq = 1; seq <= 40; seq += 1) {
        const set: Record<string, unknown> = {};
        for (let i = 0; i <= random(3); i += 1) set[`k${random(8)}`] = random(4) === 0 ? null : random(101);
        for (const [name, value] of Object.entries(set)) {
          if (value === null) Reflect.deleteProperty(map, name);
          else map[name] = value;
        }
        state = run(state, frame(seq, set));
      }
      expect(state).toEqual(start(40, map));
    }
  });
});
