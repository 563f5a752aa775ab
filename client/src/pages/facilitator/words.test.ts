import { describe, expect, it } from "vitest";
import type { ExerciseContent, Insight, Summary } from "../../protocol.gen";
import { ordered, waiting } from "./order";
import { nextTarget, resultOf, stepDone, targets } from "./steps";
import { agreedValues, duration, largestDifference, quietFor, seatSentence, seatWord, verdictWords } from "./words";

const NOW = Date.parse("2026-11-22T10:00:00Z");
const at = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();
const insight = { order: [], sliders: {}, agreement: null, complete: false, consensus: { verdict: "incomplete", ranking: [] } };

function room(code: string, change: Record<string, unknown> = {}): Summary {
  return {
    code,
    municipality: code,
    case: null,
    roles: [{ id: "fysiek", label: "Fysiek" }],
    phase: "place",
    round: "huidig",
    seats: { fysiek: "online" },
    progress: { fysiek: 2 },
    sliders: 5,
    done: [],
    insight,
    help: null,
    last_move_at: at(1),
    ...change,
  } as unknown as Summary;
}

describe("words", () => {
  it.each([
    [20_000, "zojuist"],
    [120_000, "2 min"],
    [65 * 60_000, "1 uur 5 min"],
    [120 * 60_000, "2 uur"],
    [25 * 3_600_000, "1 dag"],
    [80 * 3_600_000, "3 dagen"],
  ])("says %i milliseconds as %s", (time, words) => {
    expect(duration(time)).toBe(words);
  });

  it("tells presence and progress of a seat", () => {
    const role = { id: "fysiek", label: "Fysiek" };
    expect(seatWord(room("a"), "fysiek")).toBe("2/5");
    expect(seatWord(room("a", { seats: { fysiek: "away" }, done: ["fysiek"] }), "fysiek")).toBe("weg, klaar");
    expect(seatSentence(room("a"), role)).toBe("Fysiek: aanwezig, 2 van 5 schuiven");
    expect(seatSentence(room("a", { seats: { fysiek: "free" } }), role)).toBe("Fysiek: stoel vrij");
  });

  it("calls a room quiet only while somebody there still has to move", () => {
    expect(quietFor(room("a", { last_move_at: at(5) }), NOW)).toBe(300_000);
    expect(quietFor(room("a", { last_move_at: at(5), done: ["fysiek"] }), NOW)).toBeNull();
    expect(quietFor(room("a", { last_move_at: at(5), phase: "compare" }), NOW)).toBeNull();
    expect(quietFor(room("a", { last_move_at: at(5), seats: { fysiek: "away" } }), NOW)).toBeNull();
  });

  it("names the largest difference only when it is one", () => {
    const found = (spread: number) => largestDifference({ order: ["bestuur"], sliders: { bestuur: { spread } } } as unknown as Insight);
    expect(found(34)).toEqual({ slider: "bestuur", spread: 34 });
    expect(found(33)).toBeNull();
  });

  it("puts every verdict in words", () => {
    const exercise = { profiles: [{ id: "gekanteld", short: "Gekanteld" }] } as unknown as ExerciseContent;
    const ranking = [{ profile: "gekanteld", fit: 97 }, { profile: "nieuw", fit: 95 }];
    const words = (verdict: string) => verdictWords({ consensus: { verdict, ranking }, complete: true } as never, exercise);
    expect(["clear", "between", "own", "open", "incomplete"].map(words)).toEqual([
      "lijkt op: gekanteld",
      "tussen gekanteld en nieuw",
      "eigen mengsel, het meest als gekanteld",
      "nog weinig keuzes gemaakt",
      "voorlopig: het meest als gekanteld",
    ]);
    expect(verdictWords({ consensus: { verdict: "clear", ranking }, complete: false } as never, exercise)).toBe(
      "lijkt op: gekanteld, niet afgesproken",
    );
  });
});

describe("agreedValues", () => {
  it("leaves out a middle that nobody agreed to, and a difference that stands", () => {
    const found = room("a", {
      consensus: { bestuur: 60, communicatie: 40, positionering: 20 },
      insight: {
        ...insight,
        settled: ["bestuur", "communicatie"],
        agreed: { bestuur: ["fysiek"] },
        differ: { communicatie: ["fysiek"] },
      },
    });
    expect(agreedValues(found)).toEqual({ bestuur: 60 });
  });

  it("follows those who are here, whatever who is away said", () => {
    const settled = (agreed: string[], differ: string[]) =>
      agreedValues(
        room("a", {
          consensus: { bestuur: 60 },
          seats: { fysiek: "online", sociaal: "away" },
          insight: { ...insight, settled: ["bestuur"], agreed: { bestuur: agreed }, differ: { bestuur: differ } },
        }),
      );
    expect(settled(["fysiek"], ["sociaal"])).toEqual({ bestuur: 60 });
    expect(settled(["sociaal"], ["fysiek"])).toEqual({});
  });
});

describe("order", () => {
  const rooms = {
    a: room("a", { insight: { ...insight, agreement: 80 } }),
    b: room("b", { help: { since: at(1), claimed: null }, insight: { ...insight, agreement: 40 } }),
    c: room("c", { help: { since: at(9), claimed: null } }),
    d: room("d", { help: { since: at(20), claimed: at(3) }, insight: { ...insight, agreement: 60 } }),
  };

  it("puts who waits longest first, then who is being helped", () => {
    expect(ordered(rooms, "need", NOW)).toEqual(["c", "b", "d", "a"]);
    expect(waiting(rooms).map(({ code }) => code)).toEqual(["d", "c", "b"]);
  });

  it("keeps the order of making, and sorts by difference with unknown last", () => {
    expect(ordered(rooms, "made", NOW)).toEqual(["a", "b", "c", "d"]);
    expect(ordered(rooms, "divided", NOW)).toEqual(["b", "d", "a", "c"]);
  });
});

describe("steps", () => {
  const rounds = [
    { id: "huidig", exercise: "schuifoefening", label: "Nu" },
    { id: "ambitie", exercise: "schuifoefening", label: "Straks" },
  ];

  it("offers the step after the one where most rooms are", () => {
    const outcome = room("c", { phase: "outcome" });
    expect(targets(rounds)).toHaveLength(8);
    expect(nextTarget([room("a"), room("b"), outcome], rounds)).toEqual({ phase: "compare", round: "huidig" });
    expect(nextTarget([outcome], rounds)).toEqual({ phase: "place", round: "ambitie" });
    expect(nextTarget([room("e", { phase: "outcome", round: "ambitie" })], rounds)).toEqual({ phase: "outcome", round: "ambitie" });
  });

  it("tells per room what became of a step", () => {
    const error = { code: "wrong-phase" as const, detail: "" };
    const result = resultOf({ ok: true, rooms: { a: 4 }, refused: { b: error } }, stepDone("Vergelijken"));
    expect(result.text).toBe("1 kamer ging naar Vergelijken.");
    expect(result.refused).toEqual([{ code: "b", reason: "deze stap kan daar nu niet" }]);
    expect(resultOf(null, stepDone("x")).text).toContain("Geen antwoord");
  });
});
