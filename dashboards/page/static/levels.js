// Thresholds: how bad a value is, in a word and a shape, never by colour alone.
const words = {good: "● well", warning: "▲ warning", bad: "■ bad"};

export function level(value, panel) {
  let found = panel.below;
  for (const threshold of panel.thresholds) if (value >= threshold.value) found = threshold.level;
  return found;
}

export const word = name => words[name];
