// The store answers few questions at a time: panels in view come first, one below the other.
const atOnce = 3;
let running = 0;
const waiting = [];

// Run `job` when it is its turn; `place` says how urgent it is when a turn is free: the smallest number first.
export function inTurn(place, job) {
  waiting.push({place, job});
  next();
}

function next() {
  while (running < atOnce && waiting.length) {
    let first = 0;
    const places = waiting.map(({place}) => place());
    places.forEach((place, index) => { if (place < places[first]) first = index; });
    const [{job}] = waiting.splice(first, 1);
    running += 1;
    Promise.resolve(job()).finally(() => { running -= 1; next(); });
  }
  if (!running) quiet.splice(0).forEach(resolve => resolve());
}

const quiet = [];
// Resolves when nobody waits for an answer, at the latest after `most` milliseconds.
export const lull = most => new Promise(resolve => { quiet.push(resolve); setTimeout(resolve, most); });
