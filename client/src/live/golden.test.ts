import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { errorOf } from "../api";
import { resultOf, stepDone } from "../pages/facilitator/steps";
import { agreedValues, helpOf, largestDifference, seatWord } from "../pages/facilitator/words";
import { levelOf } from "../panel/words";
import type { Insight, Overview, OverviewAnswer, Problem, Summary } from "../protocol.gen";
import * as f from "./fields";
import { reduce, type RoomState } from "./reduce";
import { refusalSentence } from "./refusals";
import type { Ack, Frame, Refused, Snapshot } from "./wire";

/** The messages that both languages read; the server's tests write and check them. */
const FOLDER = fileURLToPath(new URL("../../../tests/golden/", import.meta.url));
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith(".json")).map((name) => name.replace(".json", ""));

interface Golden {
  schema: string;
  message: unknown;
}
const golden = (name: string) => JSON.parse(readFileSync(`${FOLDER}${name}.json`, "utf8")) as Golden;
const message = <T>(name: string) => golden(name).message as T;

const entered = (name: string) => reduce(null, { type: "snapshot", body: message<Snapshot>(name) });
const after = (state: RoomState | null, name: string) => reduce(state, { type: "frame", body: message<Frame>(name) });

/** The levels and the talking order, as the browser's own words have them. */
function readInsight({ sliders, order }: Insight): void {
  const spreads = order.map((slider) => sliders[slider]?.spread ?? -1);
  expect(spreads).toEqual([...spreads].sort((a, b) => b - a));
  for (const one of Object.values(sliders)) if (one.spread !== null) expect(one.level).toBe(levelOf(one.spread));
}

function readSummary(room: Summary): void {
  expect(room.roles.length).toBeGreaterThan(1);
  expect(f.PHASES).toContain(room.phase);
  for (const { id } of room.roles) expect(seatWord(room, id)).not.toBe("vrij");
  expect(largestDifference(room.insight)?.slider).toBe(room.hidden ? undefined : room.insight.order[0]);
  readInsight(room.insight);
}

/** What a message of a kind must give in the browser. A kind that is not here is read by nobody. */
const READS: Record<string, (body: unknown) => unknown> = {
  Snapshot(body) {
    const { fields, insight, you } = body as Snapshot;
    const round = f.activeRound(fields);
    expect(f.roles(fields).map((role) => role.id)).toEqual(["wijkambtenaar", "sociaal", "fysiek"]);
    expect(f.PHASES).toContain(fields.phase);
    expect(f.rounds(fields).map((one) => one.id)).toContain(round);
    expect(insight.round).toBe(round);
    readInsight(insight);
    for (const { id } of f.roles(fields)) {
      const covered = f.hidden(fields, round) && id !== you.role;
      expect(f.position(fields, round, id, "bestuur") === null).toBe(covered);
      expect(f.placed(fields, round, id, "bestuur")).toBe(true);
    }
  },
  Frame(body) {
    const frame = body as Frame;
    const before = reduce(null, { type: "snapshot", body: { ...message<Snapshot>("snapshot-live"), seq: frame.seq - 1 } });
    const state = reduce(before, { type: "frame", body: frame });
    expect(Object.keys(frame.set).length).toBeGreaterThan(0);
    expect(state?.seq).toBe(frame.seq);
    for (const [key, value] of Object.entries(frame.set)) expect(state?.fields[key] ?? null).toEqual(value);
    expect(state?.insight).toEqual(frame.insight ?? before?.insight);
    if (state) readInsight(state.insight);
  },
  Overview(body) {
    const { rooms, werkplaats, now } = body as Overview;
    expect(Date.parse(now)).not.toBeNaN();
    expect(werkplaats.rounds.length).toBeGreaterThan(0);
    expect(Object.keys(rooms).length).toBeGreaterThan(0);
    Object.values(rooms).forEach(readSummary);
  },
  Rooms(body) {
    const rooms = Object.entries(body as Record<string, Summary>);
    expect(rooms.length).toBeGreaterThan(0);
    for (const [code, room] of rooms) {
      expect(room.code).toBe(code);
      readSummary(room);
    }
  },
  OverviewAnswer(body) {
    const { text, refused } = resultOf(body as OverviewAnswer, stepDone("uitkomst"));
    expect(text).toBe("1 kamer ging naar uitkomst.");
    expect(refused).toEqual([{ code: "zzzzzz", reason: "dit lukte niet" }]);
  },
  Accepted: (body) => expect(body as Ack).toMatchObject({ ok: true, seq: expect.any(Number) as number }),
  Declined(body) {
    const ack = body as Ack;
    expect(ack.ok).toBe(false);
    if (!ack.ok) expect(refusalSentence(ack.error.code)).not.toBe(refusalSentence("no such code"));
  },
  Refused(body) {
    const { event, slider, error } = body as Refused;
    expect([event, slider]).toEqual(["move", "bestuur"]);
    expect(refusalSentence(error.code)).toBe("De stap is al voorbij. Je ziet nu wat is opgeslagen.");
  },
  Expired: (body) => expect(body).toEqual({}),
  Moving: (body) => expect(body).toEqual({}),
  async Problem(body) {
    const problem = body as Problem;
    const error = await errorOf(new Response(JSON.stringify(problem), { status: problem.status }));
    expect(error.status).toBe(400);
    expect(error.errors).toEqual([{ field: "rooms[0].municipality", detail: "is empty" }]);
  },
};

describe("golden messages", () => {
  it("are there, of every kind that the browser reads", () => {
    expect([...new Set(NAMES.map((name) => golden(name).schema))].sort()).toEqual(Object.keys(READS).sort());
  });

  it.each(NAMES)("%s is read as the browser reads the wire", async (name) => {
    const { schema, message: body } = golden(name);
    expect(READS).toHaveProperty(schema);
    expect.hasAssertions();
    await READS[schema]?.(body);
  });

  it.each([
    ["snapshot-hidden-stranger", "frame-reveal"],
    ["snapshot-hidden-seat", "frame-reveal-seat"],
  ])("%s and %s make the snapshot that all see after the reveal", (snapshot, frame) => {
    const revealed = entered("snapshot-revealed");
    expect(after(entered(snapshot), frame)).toEqual({ ...revealed, you: entered(snapshot)?.you });
  });

  it("tell the story of a room up to its outcome", () => {
    let state = after(after(entered("snapshot-live"), "frame-with-insight"), "frame-without-insight");
    expect(f.position(state?.fields ?? {}, "huidig", "wijkambtenaar", "bestuur")).toBe(31);
    state = after(after(state, "frame-help"), "frame-agree");
    expect([f.phase(state?.fields ?? {}), f.consensus(state?.fields ?? {}, "huidig", "bestuur")]).toEqual(["agree", 31]);
    expect(f.help(state?.fields ?? {})?.claimed).toBeNull();
    state = after(after(state, "frame-agreed"), "frame-outcome");
    const fields = state?.fields ?? {};
    expect(f.phase(fields)).toBe("outcome");
    expect(f.settled(fields, "huidig", "positionering")?.value).toBe(25);
    expect(f.settled(fields, "huidig", "proces-gemeente")?.value).toBe("differ");
  });

  it("show the facilitator only what was agreed, and nothing of a hidden round", () => {
    const [room] = Object.values(message<Record<string, Summary>>("rooms"));
    expect(room && agreedValues(room)).toEqual({ positionering: 25 });
    const [covered] = Object.values(message<Overview>("overview-hidden").rooms);
    expect(covered?.insight.sliders).toEqual({});
    expect(covered && Object.values(covered.positions).flatMap(Object.values)).toEqual([]);
    const [calling] = Object.values(message<Overview>("overview").rooms);
    expect(calling && helpOf(calling)?.claimed).toBeNull();
  });
});
