/**
 * The contents of the exercises that a room uses, fetched once per content hash.
 *
 * First comes what a panel needs; what is shown beside or after it comes with `complete`.
 */
import type { ExerciseContent } from "./wire";

export type Fetch = (id: string, part: "panel" | "whole") => Promise<ExerciseContent>;

/** What nearly every room does. It is asked for beside the connection, before the room can tell. */
const USUAL = "schuifoefening";

export class Exercises {
  contents: Record<string, ExerciseContent> = $state.raw({});
  /** A sentence when a content could not be fetched; it is tried again by `load`. */
  failed = $state(false);
  readonly #fetch: Fetch;
  readonly #hashes: Record<string, string> = {};
  #part: "panel" | "whole" = "panel";
  #early: Promise<ExerciseContent | null> | null;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
    this.#early = fetch(USUAL, "panel").catch(() => null);
  }

  /** Fetches what is new; an exercise that changed on the server has a new hash. */
  async load(wanted: Record<string, string>): Promise<void> {
    const missing = Object.entries(wanted).filter(([id, hash]) => this.#hashes[id] !== hash);
    for (const [id, hash] of missing) this.#hashes[id] = hash;
    await Promise.all(missing.map(([id, hash]) => this.#one(id, hash)));
  }

  /** Fetches the whole of every exercise, and from then on always the whole. Rejects when that fails. */
  async complete(): Promise<void> {
    if (this.#part === "whole") return;
    this.#part = "whole";
    try {
      this.#keep(...(await Promise.all(Object.keys(this.#hashes).map((id) => this.#fetch(id, "whole")))));
    } catch (error) {
      this.#part = "panel";
      throw error;
    }
  }

  async #one(id: string, hash: string): Promise<void> {
    const part = this.#part;
    try {
      const content = (await this.#guessed(id, hash)) ?? (await this.#fetch(id, part));
      // A part that was overtaken by its whole comes too late.
      if (part === this.#part || !this.contents[id]) this.#keep(content);
      this.failed = false;
    } catch {
      delete this.#hashes[id];
      this.failed = true;
    }
  }

  /** What was asked for before the room was known, where that is what it turns out to do. */
  async #guessed(id: string, hash: string): Promise<ExerciseContent | null> {
    if (id !== USUAL || this.#part === "whole") return null;
    const early = await this.#early;
    this.#early = null;
    return early?.hash === hash ? early : null;
  }

  #keep(...contents: ExerciseContent[]): void {
    this.contents = { ...this.contents, ...Object.fromEntries(contents.map((content) => [content.id, content])) };
  }
}
