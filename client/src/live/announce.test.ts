import { describe, expect, it } from "vitest";
import { Announcer, PAUSE, REST } from "./announce";

const bestuur = (text: string, id = "sociaal/bestuur") => ({ id, slider: "Bestuur en politiek", text });

describe("the status region", () => {
  it("says nothing while a value still moves", () => {
    const announcer = new Announcer();
    announcer.moved(bestuur("Sociaal 60"), 0);
    announcer.moved(bestuur("Sociaal 70"), 1000);
    expect(announcer.take(REST)).toBeNull();
    expect(announcer.take(1000 + REST)).toBe("Bestuur en politiek: Sociaal 70.");
  });

  it("says at most one message per five seconds, and nothing twice", () => {
    const announcer = new Announcer();
    announcer.moved(bestuur("Sociaal 60"), 0);
    expect(announcer.take(REST)).not.toBeNull();
    announcer.moved(bestuur("Sociaal 80"), REST);
    expect(announcer.take(REST + PAUSE - 1)).toBeNull();
    expect(announcer.take(REST + PAUSE)).toBe("Bestuur en politiek: Sociaal 80.");
    expect(announcer.take(REST + 3 * PAUSE)).toBeNull();
  });

  it("brings the values and the difference of one slider together", () => {
    const announcer = new Announcer();
    announcer.moved(bestuur("Sociaal 70"), 0);
    announcer.moved(bestuur("Fysiek 30", "fysiek/bestuur"), 0);
    announcer.differs("Bestuur en politiek", "Nu verschil, 40 punten uit elkaar", 0);
    expect(announcer.take(REST)).toBe("Bestuur en politiek: Sociaal 70, Fysiek 30. Nu verschil, 40 punten uit elkaar.");
  });

  it("sums up when much happens at once", () => {
    const announcer = new Announcer();
    for (const slider of ["a", "b", "c", "d"]) announcer.moved({ id: slider, slider, text: "60" }, 0);
    expect(announcer.take(REST)).toBe("Er is bewogen bij 4 schuiven.");
  });

  it("tells only differences when so set, and later never what was kept silent", () => {
    const announcer = new Announcer();
    announcer.setting = "verschil";
    announcer.moved(bestuur("Sociaal 70"), 0);
    expect(announcer.take(REST)).toBeNull();
    announcer.setting = "alles";
    expect(announcer.take(REST + PAUSE)).toBeNull();
    announcer.setting = "verschil";
    announcer.differs("Bestuur en politiek", "Nu verschil", 0);
    expect(announcer.take(REST + PAUSE)).toBe("Bestuur en politiek: Nu verschil.");
  });

  it("still tells a step when off", () => {
    const announcer = new Announcer();
    announcer.setting = "uit";
    announcer.moved(bestuur("Sociaal 70"), 0);
    announcer.happened("Jullie zijn nu bij: vergelijken.");
    expect(announcer.take(REST)).toBe("Jullie zijn nu bij: vergelijken.");
  });
});
