import { describe, expect, it } from "vitest";
import { Announcer, REST } from "./announce";
import { report } from "./news";
import { reduce, type RoomState } from "./reduce";
import type { Insight } from "./wire";

const names = { role: (id: string) => id, slider: (id: string) => id, phase: (phase: string) => phase };
const empty = { verdict: "incomplete" as const, ranking: [] };
const insight = (level?: "eens" | "verschil"): Insight => ({
  round: "huidig", order: [], agreement: null, consensus: empty, seats: {}, agreed: {}, differ: {}, settled: [], complete: false,
  sliders: level ? { bestuur: { n: 2, spread: 40, median: 50, mean: 50, level, apart: null } } : {},
});
const start: RoomState = { seq: 1, you: "sociaal", fields: { round: "huidig" }, insight: insight(), exercises: {} };

function said(set: Record<string, unknown>, next?: Insight, isOwn = () => false): string | null {
  const announcer = new Announcer();
  const after = reduce(start, { type: "frame", body: { seq: 2, set, insight: next ?? null } });
  if (after) report(announcer, start, after, set, names, isOwn, 0);
  return announcer.take(REST);
}

describe("news", () => {
  it("tells where another seat stands", () => {
    expect(said({ "position/huidig/fysiek/bestuur": 30 })).toBe("bestuur: fysiek 30.");
  });

  it("never tells one's own value", () => {
    expect(said({ "position/huidig/sociaal/bestuur": 30 })).toBeNull();
    expect(said({ "consensus/huidig/bestuur": 30 }, undefined, () => true)).toBeNull();
  });

  it("does not tell of another round", () => {
    expect(said({ "position/ambitie/fysiek/bestuur": 30 })).toBeNull();
  });

  it("tells a new word for the difference", () => {
    expect(said({}, insight("verschil"))).toBe("bestuur: Nu 40 punten uit elkaar: verschil.");
  });

  it("tells a proposal, a step and the answer to a call for help", () => {
    expect(said({ "proposal/fysiek": { phase: "agree", round: "huidig" } })).toBe("fysiek stelt voor: agree.");
    expect(said({ phase: "compare" })).toBe("Jullie zijn nu bij: compare.");
    expect(said({ help: { since: "", claimed: "x" } })).toBe("De begeleider komt eraan.");
  });

  it("does not repeat one's own proposal", () => {
    expect(said({ "proposal/sociaal": { phase: "agree", round: "huidig" } })).toBeNull();
  });
});
