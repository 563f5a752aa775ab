import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { painted } from "./paint";

describe("what is painted", () => {
  let frame: (() => void) | null = null;
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("requestAnimationFrame", (paint: () => void) => (frame = paint));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is so after a frame, and in a hidden page after a moment", async () => {
    const done = vi.fn();
    void painted().then(done);
    await vi.advanceTimersByTimeAsync(50);
    expect(done).not.toHaveBeenCalled();
    frame?.();
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toHaveBeenCalledOnce();

    const later = vi.fn();
    void painted().then(later);
    await vi.advanceTimersByTimeAsync(100);
    expect(later).toHaveBeenCalledOnce();
  });
});
