import { describe, expect, it } from "vitest";
import { spreadOf, stripText, type StripModel } from "./model";
import { roleLook } from "./roles";
import { capText, levelOf, list, placeText, valueText, zone } from "./words";

describe("the words of the panel", () => {
  it.each([
    [null, "nog niet gekozen"],
    ["unknown", "weet ik niet"],
    [50, "50, midden: geen keuze gemaakt"],
    [70, "70 van 100, hoog"],
    [0, "0 van 100, laag"],
  ] as const)("says %s as “%s”", (position, text) => {
    expect(valueText(position)).toBe(text);
  });

  it("tells the four states apart on the cap and below it", () => {
    expect([null, "unknown" as const, 50, 64].map(capText)).toEqual(["kies", "?", "50", "64"]);
    expect([null, "unknown" as const, 50, 64].map((one) => placeText(one))).toEqual(["nog niet gekozen", "weet ik niet", "geen keuze", "midden"]);
  });

  it("calls only one's own middle no choice: a shared one may be a compromise", () => {
    expect([valueText(50, true), placeText(50, true)]).toEqual(["50 van 100, midden", "midden"]);
  });

  it("has the zones and levels of the scale at their edges", () => {
    expect([33, 34, 66, 67].map(zone)).toEqual(["laag", "midden", "midden", "hoog"]);
    expect([16, 17, 33, 34, 66, 67].map(levelOf)).toEqual(["eens", "nuance", "nuance", "verschil", "verschil", "tegenpolen"]);
  });

  it("counts a spread from two placed values on, and “weet ik niet” nowhere", () => {
    expect(spreadOf([70, "unknown", null])).toBeNull();
    expect(spreadOf([70, "unknown", 30])).toEqual({ low: 30, high: 70, points: 40, level: "verschil" });
  });

  it("joins names as Dutch does", () => {
    expect([list([]), list(["A"]), list(["A", "B"]), list(["A", "B", "C"])]).toEqual(["", "A", "A en B", "A, B en C"]);
  });

  it("tells a strip in one line, without one's own value", () => {
    const lane = (id: string, value: number | null, own = false, placed = value !== null) => ({
      look: roleLook({ id, label: id }), value, own, placed,
    });
    const strip: StripModel = {
      id: "bestuur", name: "Bestuur", high: "", low: "", optional: false, ghost: null, note: null, together: null,
      lanes: [lane("wijkambtenaar", 60, true), lane("sociaal", 70), lane("fysiek", null, false, true)],
      spread: spreadOf([60, 70]),
    };
    expect(stripText(strip)).toBe("sociaal: 70. fysiek: heeft gekozen. 10 punten uit elkaar: eens.");
  });
});
