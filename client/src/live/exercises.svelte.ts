/** The contents of the exercises that a room uses, fetched once per content hash. */
import type { ExerciseContent } from "./wire";

export class Exercises {
  contents: Record<string, ExerciseContent> = $state.raw({});
  /** A sentence when a content could not be fetched; it is tried again by `load`. */
  failed = $state(false);
  readonly #fetch: (id: string) => Promise<ExerciseContent>;
  readonly #hashes: Record<string, string> = {};

  constructor(fetch: (id: string) => Promise<ExerciseContent>) {
    this.#fetch = fetch;
  }

  /** Fetches what is new; an exercise that changed on the server has a new hash. */
  async load(wanted: Record<string, string>): Promise<void> {
    const missing = Object.entries(wanted).filter(([id, hash]) => this.#hashes[id] !== hash);
    for (const [id, hash] of missing) this.#hashes[id] = hash;
    await Promise.all(missing.map(([id]) => this.#one(id)));
  }

  async #one(id: string): Promise<void> {
    try {
      const content = await this.#fetch(id);
      this.contents = { ...this.contents, [id]: content };
      this.failed = false;
    } catch {
      delete this.#hashes[id];
      this.failed = true;
    }
  }
}
