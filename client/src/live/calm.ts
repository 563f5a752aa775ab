/** For words that nobody can read as fast as they change: each change of them is a layout. */
export class Calm<T> {
  readonly #show: (value: T) => void;
  readonly #milliseconds: number;
  #shown = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(show: (value: T) => void, milliseconds: number) {
    this.#show = show;
    this.#milliseconds = milliseconds;
  }

  /** Shows the value, at once or when so many milliseconds have gone by; the last always comes. */
  tell(value: T): void {
    clearTimeout(this.#timer);
    const wait = this.#shown + this.#milliseconds - performance.now();
    const show = () => {
      this.#shown = performance.now();
      this.#show(value);
    };
    if (wait <= 0) show();
    else this.#timer = setTimeout(show, wait);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
