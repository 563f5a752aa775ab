import { describe, expect, it } from "vitest";
import { nextStep, previousStep, type StepView } from "./step";

const rounds = [{ id: "huidig", label: "Nu" }, { id: "ambitie", label: "Straks" }];
const view = (more: Partial<StepView>): StepView => ({
  phase: "compare", round: "huidig", rounds, me: "sociaal", steps: "seats", locked: false, hidden: false, open: 0,
  done: true, others: ["fysiek"], notDone: [], proposals: {}, ...more,
});
const agree = { phase: "agree" as const, round: "huidig" };

describe("the next step", () => {
  it("asks first to be done with placing", () => {
    expect(nextStep(view({ phase: "place", done: false, open: 2 }))).toEqual({ kind: "done", open: 2 });
  });

  it("waits for the others in a hidden round, and not in an open one", () => {
    const waiting = view({ phase: "place", hidden: true, notDone: ["fysiek"] });
    expect(nextStep(waiting)).toEqual({ kind: "waiting", for: ["fysiek"] });
    expect(nextStep({ ...waiting, hidden: false }).kind).toBe("propose");
  });

  it("proposes the following phase", () => {
    expect(nextStep(view({}))).toEqual({ kind: "propose", step: agree, alone: false });
  });

  it("says when one is alone", () => {
    expect(nextStep(view({ others: [] }))).toMatchObject({ kind: "propose", alone: true });
  });

  it("offers to go along with another's proposal before anything else", () => {
    expect(nextStep(view({ phase: "place", done: false, proposals: { fysiek: agree } }))).toMatchObject({ kind: "confirm", by: "fysiek" });
  });

  it("does not ask to go along with someone who left", () => {
    expect(nextStep(view({ others: [], proposals: { fysiek: agree } })).kind).toBe("propose");
  });

  it("waits for a second after one's own proposal", () => {
    expect(nextStep(view({ proposals: { sociaal: agree } }))).toEqual({ kind: "proposed", step: agree });
  });

  it("goes from the outcome to the next round, and ends after the last", () => {
    expect(nextStep(view({ phase: "outcome" }))).toMatchObject({ step: { phase: "place", round: "ambitie" } });
    expect(nextStep(view({ phase: "outcome", round: "ambitie" })).kind).toBe("end");
  });

  it("leaves the steps to the facilitator where that is agreed, but not being done", () => {
    expect(nextStep(view({ steps: "facilitator" })).kind).toBe("facilitator");
    expect(nextStep(view({ steps: "facilitator", phase: "place", done: false })).kind).toBe("done");
  });

  it("asks nothing of who only looks on, or while the room is locked", () => {
    expect(nextStep(view({ me: null })).kind).toBe("watch");
    expect(nextStep(view({ locked: true })).kind).toBe("locked");
  });

  it("knows the way back", () => {
    expect(previousStep(view({}))).toEqual({ phase: "place", round: "huidig" });
    expect(previousStep(view({ phase: "place" }))).toBeNull();
  });
});
