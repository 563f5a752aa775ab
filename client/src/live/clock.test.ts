import { describe, expect, it } from "vitest";
import { minutesAndSeconds, ServerClock } from "./clock";

describe("the server's clock", () => {
  it("counts down by the server's time on a laptop that is five minutes ahead", () => {
    const clock = new ServerClock(() => Date.parse("2026-01-01T10:05:00Z"));
    clock.set("2026-01-01T10:00:00.000Z");
    expect(clock.secondsUntil("2026-01-01T10:01:00.000Z")).toBe(60);
  });

  it("never counts below zero and ignores an unreadable time", () => {
    const clock = new ServerClock(() => 0);
    clock.set("gisteren");
    expect(clock.now()).toBe(0);
    expect(clock.secondsUntil("1969-12-31T00:00:00Z")).toBe(0);
  });

  it("writes minutes and seconds", () => {
    expect(minutesAndSeconds(522)).toBe("08:42");
  });
});
