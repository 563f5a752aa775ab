// Runs in the page before anything of its own: notes when frames, interactions and long work come.
(() => {
  const speed = { frames: [], long: [], tasks: [], events: [], shown: null, responded: null };
  globalThis.clientSpeed = speed;

  const watch = (type, note, options = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true, ...options });
  watch("long-animation-frame", ({ startTime, duration }) => speed.long.push({ startTime, duration }));
  watch("longtask", ({ startTime, duration }) => speed.tasks.push({ startTime, duration }));
  watch(
    "event",
    ({ name, startTime, duration, interactionId }) => {
      if (interactionId) speed.events.push({ name, startTime, duration, interactionId });
    },
    { durationThreshold: 16 },
  );

  const frame = (now) => {
    speed.frames.push(now);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);

  // Interactive: the first slider that can be used is pressed, and what it then says stands on the screen.
  const afterPaint = (done) => requestAnimationFrame(() => setTimeout(done));
  const look = () => {
    const slider = document.querySelector('input[type="range"]:not(:disabled)');
    if (!slider) return requestAnimationFrame(look);
    speed.shown = performance.now();
    const before = slider.getAttribute("aria-valuetext");
    slider.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true }));
    const changed = () => {
      if (slider.getAttribute("aria-valuetext") === before) return requestAnimationFrame(changed);
      afterPaint(() => (speed.responded = performance.now()));
    };
    changed();
  };
  look();
})();
