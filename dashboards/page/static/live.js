// Refreshing while the range ends now: the longer the range, the slower; slower still where nobody looks.
import {resolve} from "./times.js";

let timer = null, again = null, range = null;

function pace() {
  const span = resolve(range.to) - resolve(range.from);
  return (span <= 3600e3 ? 10e3 : span <= 86400e3 ? 30e3 : 60e3) * (document.hidden ? 6 : 1);
}

export const live = {
  paused: false,
  // Call `refresh` from now on, at the pace of the range.
  start(state, refresh) {
    [range, again] = [state, refresh];
    clearTimeout(timer);
    if (state.to !== "now" || live.paused) return;
    timer = setTimeout(() => { again(); live.start(range, again); }, pace());
  },
  toggle() {
    live.paused = !live.paused;
    if (!live.paused) again?.();
    if (range) live.start(range, again);
  },
};

// Whoever comes back sees what is, not what was.
document.addEventListener("visibilitychange", () => {
  if (document.hidden || !range || live.paused || range.to !== "now") return;
  again();
  live.start(range, again);
});
