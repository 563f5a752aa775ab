/**
 * The room as its page sees it: who I am, where we are, and what each strip shows. Reads only.
 *
 * Frames come thirty times a second while three people drag, and most say something of one slider: what is computed of
 * several fields is kept steady, so that the rest of the page does not hear of it.
 */
import * as f from "../live/fields";
import type { LiveRoom } from "../live/room.svelte";
import type { RoomState } from "../live/reduce";
import { steady } from "../live/steady";
import type { ExerciseContent, Slider } from "../live/wire";
import { roleLook, type RoleLook } from "../panel/roles";
import { list } from "../panel/words";
import { stripFor } from "./strips";

export class RoomModel {
  readonly live: LiveRoom;
  readonly #code: () => string;
  readonly #contents: () => Record<string, ExerciseContent>;
  readonly #state: () => RoomState;

  constructor(code: () => string, live: LiveRoom, state: () => RoomState, contents: () => Record<string, ExerciseContent>) {
    this.#code = code;
    this.live = live;
    this.#state = state;
    this.#contents = contents;
  }

  state = $derived.by(() => this.#state());
  fields = $derived(this.state.fields);
  insight = $derived.by(steady(() => this.state.insight));
  you = $derived(this.state.you);
  roles = $derived.by(steady(() => f.roles(this.fields).map(roleLook)));
  /** My role; null for an observer or the facilitator. */
  me = $derived(this.roles.find((role) => role.id === this.you) ?? null);
  phase = $derived(f.phase(this.fields));
  round = $derived(f.activeRound(this.fields));
  rounds = $derived.by(steady(() => f.rounds(this.fields)));
  roundLabel = $derived(this.rounds.find((round) => round.id === this.round)?.label ?? "");
  about = $derived(f.about(this.fields, this.round));
  hidden = $derived(f.hidden(this.fields, this.round));
  locked = $derived(f.locked(this.fields));
  info = $derived(f.room(this.fields));
  content = $derived.by(() => {
    const exercise = this.rounds.find((round) => round.id === this.round)?.exercise;
    return exercise === undefined ? null : (this.#contents()[exercise] ?? null);
  });
  sliders: Slider[] = $derived.by(
    steady(() => this.content?.sliders.filter((slider) => !slider.optional || f.withWijk(this.fields)) ?? []),
  );
  strips = $derived.by(steady(() => this.sliders.map((slider) => stripFor(this, slider))));
  /** How many sliders I have not handled yet. */
  open = $derived(this.me ? this.strips.filter((s) => s.lanes.some((lane) => lane.own && lane.value === null)).length : 0);
  /** The others who are here now. */
  others = $derived.by(steady(() => this.roles.filter((role) => role.id !== this.you && f.online(this.fields, role.id))));
  /** Taken seats of which no connection is open. */
  away = $derived.by(
    steady(() => this.roles.filter((r) => f.seat(this.fields, r.id) !== null && !f.online(this.fields, r.id))),
  );
  /** Can my fader be moved here? */
  canMove = $derived(this.me !== null && !this.locked && (this.phase === "place" || this.phase === "compare"));
  canAgree = $derived(this.me !== null && !this.locked && this.phase === "agree");

  get code(): string {
    return this.#code();
  }

  role(id: string): RoleLook {
    return this.roles.find((role) => role.id === id) ?? roleLook({ id, label: id });
  }

  /** "Sociaal domein en Fysiek domein". */
  labels(ids: readonly string[]): string {
    return list(ids.map((id) => this.role(id).label));
  }

  slider(id: string): Slider | null {
    return this.sliders.find((slider) => slider.id === id) ?? null;
  }

  /** The name of a slider; its id while the exercise is still being fetched. */
  sliderName(id: string): string {
    return this.slider(id)?.name ?? id;
  }

  position(role: string, slider: string): f.Position | null {
    if (role !== this.you) return f.position(this.fields, this.round, role, slider);
    return this.live.value(f.key.position(this.round, role, slider)) as f.Position | null;
  }

  consensus(slider: string): number | null {
    return this.live.value(f.key.consensus(this.round, slider)) as number | null;
  }
}
