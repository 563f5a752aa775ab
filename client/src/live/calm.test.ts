import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Calm } from "./calm";

describe("calm words", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("change at most once in so many milliseconds, and end at the last", () => {
    const shown: string[] = [];
    const calm = new Calm<string>((words) => shown.push(words), 500);
    calm.tell("a");
    vi.advanceTimersByTime(100);
    calm.tell("b");
    calm.tell("c");
    expect(shown).toEqual(["a"]);
    vi.advanceTimersByTime(400);
    expect(shown).toEqual(["a", "c"]);
    calm.tell("d");
    calm.end();
    vi.advanceTimersByTime(1000);
    expect(shown).toEqual(["a", "c"]);
  });
});
