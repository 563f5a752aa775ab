import { describe, expect, it } from "vitest";
import type { ExerciseContent, Match, Profile } from "../../live/wire";
import { bandWord, headline, recognise, seatSentence, stepWords } from "./words";

const band = (slider: string, low: number, high: number): Profile["bands"][number] => ({
  slider, low, high, weight: 1, certainty: "gezegd", place: "h", why: "w", match: "m",
});
const profile = (id: string, name: string, bands: Profile["bands"] = []): Profile => ({
  id, name, short: id, summary: "S.", recognise: [], assignment: "", part: "", attention: [], risk: "", place: "", bands,
});
const first = profile("participatief", "Participatieve gemeente", [band("bestuur", 0, 33), band("communicatie", 67, 100)]);
const content = { profiles: [first, profile("gekanteld", "Gekantelde gemeente")] } as ExerciseContent;
const match = (verdict: Match["verdict"]): Match => ({
  verdict, ranking: [{ profile: "participatief", fit: 95 }, { profile: "gekanteld", fit: 93 }],
});

describe("the outcome in words", () => {
  it.each([
    ["clear", "Jullie gemeente lijkt het meest op de participatieve gemeente"],
    ["between", "Tussen de participatieve gemeente en de gekantelde gemeente"],
    ["own", "Een eigen mengsel, het meest als de participatieve gemeente"],
    ["open", "Er zijn nog weinig keuzes gemaakt"],
    ["incomplete", "Voorlopig: het meest als de participatieve gemeente"],
  ] as const)("tells the verdict %s", (verdict, title) => {
    expect(headline(match(verdict), content, "municipality").title).toBe(title);
  });

  it("makes no claim on the municipality in a round about a case", () => {
    expect(headline(match("clear"), content, "case").title).toBe("In deze casus werken jullie zoals een participatieve gemeente");
  });

  it("makes none either where it was not said what the round is about", () => {
    expect(headline(match("clear"), content, null).title).toBe("Jullie paneel lijkt het meest op de participatieve gemeente");
    expect(headline(match("open"), content, null).text).not.toContain("Jullie gemeente");
  });

  it("has words for an empty ranking", () => {
    expect(headline({ verdict: "incomplete", ranking: [] }, content, null).title).toBe("Er is nog geen beeld");
  });

  it("tells apart where the panel fits and where not", () => {
    const ranked = { profile: "participatief", fit: 90, sliders: {
      bestuur: { value: 20, low: 0, high: 33, weight: 1, distance: 0 },
      communicatie: { value: 60, low: 67, high: 100, weight: 1, distance: 7 },
    } };
    const { same, other } = recognise(ranked, first);
    expect(same.map((row) => row.band.slider)).toEqual(["bestuur"]);
    expect(other.map((row) => [row.band.slider, row.distance])).toEqual([["communicatie", 7]]);
  });

  it("calls a picture firm only where it is clear and the next form is far", () => {
    expect([10, 11, 33, 34].map((points) => stepWords("clear", points))).toEqual([
      "Dat is een kleine stap: jullie staan dicht bij de grens.", "", "", "Dat is een flinke stap: jullie beeld is stevig.",
    ]);
    expect((["between", "own", "open", "incomplete"] as const).map((verdict) => stepWords(verdict, 40))).toEqual(["", "", "", ""]);
  });

  it("names a band", () => {
    expect([[0, 33], [34, 66], [0, 66], [67, 100], [84, 100]].map(([low = 0, high = 0]) => bandWord(low, high))).toEqual(
      ["laag", "midden", "laag tot midden", "hoog", "helemaal bovenaan"]);
  });

  it("makes a finding of seats that see another profile", () => {
    expect(seatSentence([{ labels: ["A", "B", "C"] }])).toContain("hetzelfde profiel");
    expect(seatSentence([{ labels: ["A", "B"] }, { labels: ["C"] }])).toContain("A en B zien hetzelfde profiel, C een ander.");
    expect(seatSentence([{ labels: ["A"] }, { labels: ["B"] }, { labels: ["C"] }])).toContain("een ander profiel");
    expect(seatSentence([{ labels: ["A"] }])).toBe("");
  });
});
