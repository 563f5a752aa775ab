/**
 * The parts of the room that come after the first sliders.
 *
 * Placing a slider needs none of them, so they do not stand in its way; but whoever takes the next step must not wait,
 * and may have lost the connection by then. So they are fetched when one is needed, or else when the room is at rest.
 */
type Later = typeof import("./later");

export class Parts {
  /** Null until they are there. */
  later: Later | null = $state.raw(null);
  /** They could not be fetched; `load` tries again. */
  failed = $state(false);
  readonly #fetch: () => Promise<Later>;
  #asked: Promise<void> | null = null;

  constructor(fetch: () => Promise<Later>) {
    this.#fetch = fetch;
  }

  /** Fetches the parts, once. */
  load(): Promise<void> {
    this.#asked ??= this.#once();
    return this.#asked;
  }

  async #once(): Promise<void> {
    try {
      this.later = await this.#fetch();
      this.failed = false;
    } catch {
      this.#asked = null;
      this.failed = true;
    }
  }
}
