import { describe, expect, it } from "vitest";
import { emptyDraft, errorsFromServer, errorsIn, requestOf, type Draft } from "./draft";

const complete: Draft = { ...emptyDraft(), title: " Najaar ", rooms: "Waterveen\n\nOosterhage; park" };

describe("a draft", () => {
  it("is sent as it stands, without what was not asked for", () => {
    expect(errorsIn(complete)).toEqual([]);
    expect(requestOf(complete)).toEqual({
      title: "Najaar",
      visibility: "live",
      steps: "seats",
      retention_days: 90,
      rooms: [{ municipality: "Waterveen" }, { municipality: "Oosterhage", case: "park" }],
    });
  });

  it("asks for a fourth role and a sixth slider when they are ticked", () => {
    expect(requestOf({ ...complete, veiligheid: true, wijk: true })).toMatchObject({
      roles: ["wijkambtenaar", "sociaal", "fysiek", "veiligheid"],
      wijk: true,
    });
  });

  it("names everything that is missing, in the order of the page", () => {
    expect(errorsIn({ ...emptyDraft(), days: "nul" }).map((error) => error.field)).toEqual(["title", "rooms", "days"]);
  });

  it("brings the server's errors to the line or the field they are about", () => {
    const errors = errorsFromServer(complete, [
      { field: "rooms[1].municipality", detail: "x" },
      { field: "retention_days", detail: "y" },
      { field: "visibility", detail: "z" },
    ]);
    expect(errors).toMatchObject([{ field: "rooms" }, { field: "days" }, { field: "" }]);
    expect(errors[0]?.detail).toContain("Regel 3");
  });
});
