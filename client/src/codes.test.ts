import { describe, expect, it } from "vitest";
import { normaliseCode, spellCode } from "./codes";

describe("normaliseCode", () => {
  it.each([
    ["K7M4QX", "k7m4qx"],
    [" k7m 4qx ", "k7m4qx"],
    ["k7m-4qx.", "k7m4qx"],
    ["https://mengpaneel.example/kamer/K7M4QX", "k7m4qx"],
    ["mengpaneel.example/mee/k7m4qx?bron=chat#x", "k7m4qx"],
    ["", ""],
  ])("makes %j into %j", (typed, code) => {
    expect(normaliseCode(typed)).toBe(code);
  });
});

describe("spellCode", () => {
  it("groups a code of six, and leaves anything else alone", () => {
    expect(spellCode("k7m4qx")).toBe("k7m 4qx");
    expect(spellCode("k7m4q")).toBe("k7m4q");
  });
});
