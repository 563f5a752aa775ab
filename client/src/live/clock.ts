/** The server's clock as seen from this browser, so that timers agree on a laptop that runs minutes ahead. */
export class ServerClock {
  #offset = 0;
  readonly #local: () => number;

  constructor(local: () => number = Date.now) {
    this.#local = local;
  }

  /** Learn from the `now` of a snapshot. An unreadable time is ignored. */
  set(now: string): void {
    const server = Date.parse(now);
    if (!Number.isNaN(server)) this.#offset = server - this.#local();
  }

  now(): number {
    return this.#local() + this.#offset;
  }

  /** Whole seconds from now until a server time, never below 0. */
  secondsUntil(time: string): number {
    return Math.max(0, Math.ceil((Date.parse(time) - this.now()) / 1000));
  }
}

/** "08:42" for a countdown. */
export function minutesAndSeconds(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}
