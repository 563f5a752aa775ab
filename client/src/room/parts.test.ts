import { describe, expect, it, vi } from "vitest";
import { Parts } from "./parts.svelte";

const LATER = {} as typeof import("./later");

describe("the parts that come later", () => {
  it("are fetched once, however often they are asked for", async () => {
    const fetch = vi.fn(() => Promise.resolve(LATER));
    const parts = new Parts(fetch);
    expect(parts.later).toBeNull();
    await Promise.all([parts.load(), parts.load()]);
    await parts.load();
    expect([parts.later, fetch.mock.calls.length]).toEqual([LATER, 1]);
  });

  it("can be fetched again after a failure", async () => {
    const fetch = vi.fn().mockRejectedValueOnce(new Error("no network")).mockResolvedValueOnce(LATER);
    const parts = new Parts(fetch);
    await parts.load();
    expect([parts.later, parts.failed]).toEqual([null, true]);
    await parts.load();
    expect([parts.later, parts.failed]).toEqual([LATER, false]);
  });
});
