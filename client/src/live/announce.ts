/**
 * What the one polite status region says about others. Pure: time is passed in.
 *
 * Only values at rest, at most one message per five seconds, never one's own value. What happens to the room (a step,
 * a proposal) passes the setting, since nobody can follow without it, but waits its turn too.
 */
export type Setting = "alles" | "verschil" | "uit";
export const REST = 1500;
export const PAUSE = 5000;
/** More news than this at once is summed up in one sentence. */
const MOST = 3;

interface Pending {
  slider: string;
  text: string;
  since: number;
}

export interface Change {
  /** Who and what, so that a newer value replaces an older one: "sociaal/bestuur". */
  id: string;
  slider: string;
  /** "Sociaal 70". */
  text: string;
}

export class Announcer {
  setting: Setting = "alles";
  readonly #values = new Map<string, Pending>();
  readonly #differences = new Map<string, Pending>();
  #events: string[] = [];
  #lastSaid = -Infinity;

  /** Somebody else's value moved. */
  moved(change: Change, now: number): void {
    this.#values.set(change.id, { slider: change.slider, text: change.text, since: now });
  }

  /** The word for the difference on a slider changed: "verschil, 40 punten". */
  differs(slider: string, text: string, now: number): void {
    this.#differences.set(slider, { slider, text, since: now });
  }

  /** Something happened to the room as a whole. */
  happened(text: string): void {
    this.#events.push(text);
  }

  /** The message to show now, or null. Asking again later is free. */
  take(now: number): string | null {
    if (now - this.#lastSaid < PAUSE) return null;
    const message = [...this.#takeEvents(), ...this.#takeAtRest(now)].join(" ");
    if (message === "") return null;
    this.#lastSaid = now;
    return message;
  }

  #takeEvents(): string[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #takeAtRest(now: number): string[] {
    const values = takeRested(this.#values, now);
    const differences = takeRested(this.#differences, now);
    if (this.setting === "uit") return [];
    const news = this.setting === "alles" ? group(values, differences) : group([], differences);
    return news.length > MOST ? [`Er is bewogen bij ${news.length} schuiven.`] : news;
  }
}

function takeRested(pending: Map<string, Pending>, now: number): Pending[] {
  const rested = [...pending].filter(([, item]) => now - item.since >= REST);
  for (const [id] of rested) pending.delete(id);
  return rested.map(([, item]) => item);
}

/** One sentence or two per slider: "Bestuur en politiek: Sociaal 70, Fysiek 30. Verschil, 40 punten." */
function group(values: Pending[], differences: Pending[]): string[] {
  const sliders = [...new Set([...values, ...differences].map((item) => item.slider))];
  return sliders.map((slider) => {
    const texts = (items: Pending[]) => items.filter((item) => item.slider === slider).map((item) => item.text);
    const parts = [texts(values).join(", "), ...texts(differences)].filter((part) => part !== "");
    return `${slider}: ${parts.join(". ")}.`;
  });
}
