/** What is pressed is seen to be pressed, before anything large is drawn. */

/** In milliseconds. A hidden page is not painted: there is nothing to wait for. */
const AT_MOST = 100;

/** Resolves when what was just changed stands on the screen. */
export function painted(): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, AT_MOST);
    requestAnimationFrame(() => setTimeout(done));
  });
}
