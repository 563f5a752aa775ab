import { describe, expect, it } from "vitest";
import type { Fields, Insight, Slider } from "../live/wire";
import { stripFor, type StripRoom } from "./strips";

const SLIDER = { id: "bestuur", name: "Bestuur en politiek", high: "dichtbij", low: "ver weg" } as Slider;
const ROLES = ["wijkambtenaar", "sociaal", "fysiek"];

interface Said {
  /** Where the shared slider stands for me. */
  value: number;
  words?: Record<string, number | "differ">;
  online?: string[];
  settled?: boolean;
  fields?: Fields;
}

/** A room in `agree` whose insight counts the words as the server would at a shared value of 40. */
function agreeing({ value, words = {}, online = ROLES, settled = true, fields = {} }: Said): StripRoom {
  const who = (word: number | "differ") => ROLES.filter((role) => words[role] === word);
  return {
    fields: {
      ...Object.fromEntries(online.map((role) => [`online/${role}`, true])),
      ...Object.fromEntries(Object.entries(words).map(([role, word]) => [`agreed/huidig/${role}/bestuur`, word])),
      ...fields,
    },
    insight: { settled: settled ? ["bestuur"] : [], agreed: { bestuur: who(40) }, differ: { bestuur: who("differ") } } as unknown as Insight,
    phase: "agree",
    round: "huidig",
    rounds: [],
    roles: [],
    you: "sociaal",
    hidden: false,
    live: { note: () => null },
    position: () => null,
    consensus: () => value,
  };
}

const state = (said: Said) => stripFor(agreeing(said), SLIDER).together?.state;
const everyone = { wijkambtenaar: 40, sociaal: 40, fysiek: 40 };

describe("the shared slider of a strip", () => {
  it("is open until it is settled", () => {
    expect(state({ value: 40, words: { sociaal: 40 }, settled: false })).toBe("open");
  });

  it("is agreed when all agree to where it stands", () => {
    expect(state({ value: 40, words: everyone })).toBe("agreed");
  });

  it("never looks agreed where it has just been moved to, though the insight trails", () => {
    expect(state({ value: 41, words: everyone })).toBe("open");
  });

  it("is a difference that stays when all say so, wherever the slider moves", () => {
    const words = { wijkambtenaar: "differ", sociaal: "differ", fysiek: "differ" } as const;
    expect(state({ value: 55, words })).toBe("differ");
  });

  it("follows those who are here, whatever who is away said", () => {
    const online = ["wijkambtenaar", "sociaal"];
    expect(state({ value: 40, online, words: { wijkambtenaar: 40, sociaal: 40, fysiek: "differ" } })).toBe("agreed");
    expect(state({ value: 40, online, words: { wijkambtenaar: "differ", sociaal: "differ", fysiek: 40 } })).toBe("differ");
  });

  it("holds what was written once the room has left", () => {
    const fields = { "settled/huidig/bestuur": { value: "differ", roles: ROLES } };
    expect(state({ value: 40, words: everyone, fields })).toBe("differ");
  });
});
