import { describe, expect, it } from "vitest";
import { MAX_NAME, MAX_ROOMS, parseRooms, requestsOf } from "./parse";

describe("parseRooms", () => {
  it("reads one municipality a line and skips empty lines", () => {
    const { rooms, errors } = parseRooms("Waterveen\n\n  Oosterhage  \r\n\t\nDuinrade");
    expect(rooms.map((room) => [room.line, room.municipality])).toEqual([[1, "Waterveen"], [3, "Oosterhage"], [5, "Duinrade"]]);
    expect(errors).toEqual([]);
  });

  it("takes what stands behind a tab or a semicolon as the case", () => {
    const { rooms } = parseRooms("Waterveen;speelplekken; of parkeren\nOosterhage\teen park\tmet bankjes");
    expect(rooms.map((room) => room.case)).toEqual(["speelplekken; of parkeren", "een park met bankjes"]);
  });

  it("takes the quotes of a spreadsheet away", () => {
    const { rooms } = parseRooms('Waterveen\t"het ""groene"" hart"');
    expect(rooms[0]?.case).toBe('het "groene" hart');
  });

  it("refuses the same room twice, whatever its capitals, but not a second case", () => {
    const { errors } = parseRooms("Waterveen;a\nwaterveen; A\nWaterveen;b");
    expect(errors).toEqual([{ line: 2, detail: "deze kamer staat al op regel 1" }]);
  });

  it("says on which line something is missing, too long or unreadable", () => {
    const { errors } = parseRooms(`;alleen een casus\n${"x".repeat(MAX_NAME + 1)}\nWater\u0007veen`);
    expect(errors.map((error) => error.line)).toEqual([1, 2, 3]);
    expect(errors[1]?.detail).toContain("te lang");
  });

  it("points at the line where it becomes too many", () => {
    const lines = Array.from({ length: MAX_ROOMS + 1 }, (_, index) => `Gemeente ${index}`);
    expect(parseRooms(lines.slice(1).join("\n")).errors).toEqual([]);
    expect(parseRooms(lines.join("\n")).errors).toMatchObject([{ line: MAX_ROOMS + 1 }]);
  });

  it("makes requests without an empty case", () => {
    expect(requestsOf(parseRooms("Waterveen\nOosterhage;park"))).toEqual([
      { municipality: "Waterveen" },
      { municipality: "Oosterhage", case: "park" },
    ]);
  });
});
