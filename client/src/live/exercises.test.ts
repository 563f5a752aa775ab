import { describe, expect, it } from "vitest";
import { Exercises } from "./exercises.svelte";
import type { ExerciseContent } from "./wire";

interface Asked {
  id: string;
  part: string;
  answer(hash: string): Promise<void>;
  fail(): Promise<void>;
}

const settled = () => new Promise<void>((done) => setTimeout(done));

function setup() {
  const asked: Asked[] = [];
  const exercises = new Exercises(
    (id, part) =>
      new Promise((resolve, reject) => {
        const answer = (hash: string) => (resolve({ id, hash, title: part } as ExerciseContent), settled());
        asked.push({ id, part, answer, fail: () => (reject(new Error("no network")), settled()) });
      }),
  );
  const ask = (number: number): Asked => {
    const found = asked[number];
    if (!found) throw new Error(`only ${asked.length} were asked`);
    return found;
  };
  return { exercises, asked, ask, title: (id: string) => exercises.contents[id]?.title };
}

describe("the exercises of a room", () => {
  it("asks for the usual one before the room is known, and not again", async () => {
    const { exercises, asked, ask, title } = setup();
    void exercises.load({ schuifoefening: "a" });
    await ask(0).answer("a");
    expect(title("schuifoefening")).toBe("panel");
    expect(asked).toHaveLength(1);
  });

  it("asks again where the usual one is not what the room does", async () => {
    const { exercises, asked, ask, title } = setup();
    void exercises.load({ schuifoefening: "new", buurt: "b" });
    await ask(0).answer("old");
    expect(asked.slice(1).map(({ id }) => id)).toEqual(["buurt", "schuifoefening"]);
    await ask(1).answer("b");
    await ask(2).answer("new");
    expect([title("schuifoefening"), title("buurt")]).toEqual(["panel", "panel"]);
  });

  it("fetches the whole when asked to complete, and then always", async () => {
    const { exercises, ask, title } = setup();
    void exercises.load({ schuifoefening: "a" });
    await ask(0).answer("a");
    void exercises.complete();
    await ask(1).answer("a");
    expect(title("schuifoefening")).toBe("whole");
    void exercises.load({ schuifoefening: "b" });
    await settled();
    expect(ask(2).part).toBe("whole");
  });

  it("keeps the whole when the part comes later", async () => {
    const { exercises, ask, title } = setup();
    void exercises.load({ schuifoefening: "a" });
    void exercises.complete();
    await ask(1).answer("a");
    await ask(0).answer("a");
    expect(title("schuifoefening")).toBe("whole");
  });

  it("says that it failed, and tries again when asked to", async () => {
    const { exercises, ask, title } = setup();
    void exercises.load({ schuifoefening: "a" });
    await ask(0).fail();
    await ask(1).fail();
    expect(exercises.failed).toBe(true);
    void exercises.load({ schuifoefening: "a" });
    await settled();
    await ask(2).answer("a");
    expect([exercises.failed, title("schuifoefening")]).toEqual([false, "panel"]);
  });

  it("tries to complete again after a failure", async () => {
    const { exercises, ask, title } = setup();
    void exercises.load({ schuifoefening: "a" });
    await ask(0).answer("a");
    const failed = expect(exercises.complete()).rejects.toThrow("no network");
    await ask(1).fail();
    await failed;
    void exercises.complete();
    await ask(2).answer("a");
    expect(title("schuifoefening")).toBe("whole");
  });
});
