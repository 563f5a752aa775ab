/** Tells when a browser comes back from sleep, from the background or from being offline. */

const BEAT = 5000;
/** Timers of a hidden tab may run once a minute; a longer gap means that the machine or tab slept. */
const SLEPT = 90_000;

/** Calls `woke(stale)`; stale means that an open socket is probably dead. Returns how to stop. */
export function onWake(woke: (stale: boolean) => void): () => void {
  let last = Date.now();
  const gap = () => {
    const slept = Date.now() - last > SLEPT;
    last = Date.now();
    return slept;
  };
  const beat = setInterval(() => {
    if (gap()) woke(true);
  }, BEAT);
  const visible = () => {
    if (document.visibilityState === "visible") woke(gap());
  };
  // Also when the network goes: asking at once tells sooner than waiting for a heartbeat that stays away.
  const network = () => woke(true);
  document.addEventListener("visibilitychange", visible);
  window.addEventListener("pageshow", visible);
  window.addEventListener("online", network);
  window.addEventListener("offline", network);
  return () => {
    clearInterval(beat);
    document.removeEventListener("visibilitychange", visible);
    window.removeEventListener("pageshow", visible);
    window.removeEventListener("online", network);
    window.removeEventListener("offline", network);
  };
}
