import { describe, expect, it } from "vitest";
import { keep, steady } from "./steady";

const strip = (value: number | null) => ({ id: "bestuur", lanes: [{ role: "sociaal", value }], spread: null });

describe("keeping what says the same", () => {
  it("answers the earlier value when nothing is different", () => {
    const before = [strip(3), strip(4)];
    expect(keep(before, [strip(3), strip(4)])).toBe(before);
  });

  it("answers the new value where something is, and the earlier parts beside it", () => {
    const before = [strip(3), strip(4)];
    const after = keep(before, [strip(3), strip(5)]);
    expect(after).toEqual([strip(3), strip(5)]);
    expect([after[0] === before[0], after[1]?.spread]).toEqual([true, null]);
  });

  it.each([
    ["a part that went", { a: 1, b: undefined }, { a: 1 }],
    ["a part that came", { a: 1 }, { a: 1, b: undefined }],
    ["another name", { a: undefined }, { b: undefined }],
    ["a shorter list", [1, 2], [1]],
    ["a list in another order", [1, 2], [2, 1]],
    ["a list for a record", { 0: "a" }, ["a"]],
    ["null for a record", { a: 1 }, null],
    ["a value for nothing", null, { a: 1 }],
  ])("sees %s", (_, before, after) => {
    expect(keep<unknown>(before, after)).toStrictEqual(after);
  });

  it("remembers from one computation to the next", () => {
    let value = 1;
    const compute = steady(() => ({ value }));
    const first = compute();
    expect(compute()).toBe(first);
    value = 2;
    expect(compute()).toEqual({ value: 2 });
  });
});
