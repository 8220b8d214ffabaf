// A long answer (time, names, numbers) as one series for each set of names and each number.
import {parse} from "./times.js";

const isNumber = type => /^(Nullable\()?(U?Int|Float|Decimal)/.test(type);

export function series(answer) {
  const [time] = answer.columns.filter(({name}) => name === "time");
  const numbers = answer.columns.filter(column => column !== time && isNumber(column.type));
  const names = answer.columns.filter(column => column !== time && !isNumber(column.type));
  const times = time.values.map(parse);
  const grid = wholeGrid(times, answer) ?? [...new Set(times)].sort((a, b) => a - b);
  const place = new Map(grid.map((at, index) => [at, index]));
  const found = new Map();
  times.forEach((at, row) => {
    const set = names.map(({values}) => values[row] || "(none)").join(" · ");
    for (const number of numbers) {
      const said = numbers.length > 1 || !set ? number.name.replaceAll("_", " ") : "";
      const name = [set, said].filter(Boolean).join(" · ");
      if (!found.has(name)) found.set(name, {name, values: new Array(grid.length).fill(null)});
      found.get(name).values[place.get(at)] = number.values[row];
    }
  });
  return {times: grid, series: [...found.values()].filter(({values}) => values.some(value => value !== null))};
}

// Every bucket of the range, so that one in which nothing came is a gap and not a slope.
function wholeGrid(times, {from, to, interval_ms: step}) {
  if (!step || times.some(at => at % step) || (to - from) / step > 2000) return null;
  const grid = [];
  for (let at = Math.min(from - from % step, ...times); at <= Math.max(to, ...times); at += step) grid.push(at);
  return grid;
}

// The series that matter most where there are more than can be told apart.
export function highest(found, most) {
  const peak = ({values}) => values.reduce((high, value) => value !== null && Math.abs(value) > high ? Math.abs(value) : high, 0);
  const kept = found.length > most ? [...found].sort((a, b) => peak(b) - peak(a)).slice(0, most) : found;
  return kept.sort((a, b) => a.name.localeCompare(b.name));
}
