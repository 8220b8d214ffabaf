// Over time.
import {charted, says} from "./charted.js";
import {zoomTo} from "./zoom.js";
import {colour, draw, theme} from "./plot.js";
import {highest, series} from "./series.js";
import {iso, short} from "./times.js";
import {write} from "./units.js";

const MOST = 12;

export function lines(panel, answer) {
  const place = charted(panel), {told} = panel, {times, series: all} = series(answer);
  const shown = highest(all, MOST);
  const note = all.length > MOST ? `The ${MOST} highest of ${all.length} lines: choose a service or model for the others.` : "";
  says(panel, sentence(told, shown), note, ["Time (UTC)", ...shown.map(({name}) => name)],
    () => times.map((at, row) => [short(at), ...shown.map(({values}) => write(values[row], told.unit))]).reverse());
  panel.redraw = () => draw(place, traces(told, times, shown), layout(told, answer, shown), panel.height).then(
    () => zoomTo(place), error => panel.says(error.message, "failed"));
  return panel.redraw();
}

function sentence(told, shown) {
  const about = shown.map(({name, values}) => {
    const known = values.filter(value => value !== null);
    const [least, most] = known.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
    return `${name}: newest ${write(known.at(-1), told.unit)}, from ${write(least, told.unit)} to ${write(most, told.unit)}`;
  });
  return `${told.title}. ${about.join("; ")}.`;
}

function traces(told, times, shown) {
  const at = times.map(iso);
  return shown.map(({name, values}, index) => {
    // A bucket between two gaps is a point: a line would not show it.
    const alone = values.map((value, row) => value !== null && (values[row - 1] ?? null) === null && (values[row + 1] ?? null) === null ? 5 : 0);
    const line = {...colour(index), width: 1.8};
    return {
      type: "scatter", mode: alone.some(Boolean) ? "lines+markers" : "lines", x: at, y: values, name: plain(name), line, connectgaps: false,
      marker: {size: alone, color: line.color}, stackgroup: told.stacked ? "all" : undefined, text: values.map(value => write(value, told.unit)),
      hovertemplate: "%{text}<extra>%{fullData.name}</extra>",
    };
  });
}

// Plotly reads a few tags in names (<b>, <a>, <br>): a look-alike is no tag.
export const plain = text => text.replaceAll("<", "‹").replaceAll(">", "›").slice(0, 80);

function layout(told, {from, to}, shown) {
  const most = Math.max(0, ...shown.flatMap(({values}) => values.filter(value => value !== null)));
  const colours = theme();
  const seen = told.thresholds.filter(({value}) => value <= most * 1.5 || told.unit === "percentunit" && most > value / 3);
  return {
    showlegend: true, legend: {orientation: "h", y: 1.02, yanchor: "bottom", x: 0}, hovermode: "x unified",
    dragmode: matchMedia("(pointer: fine)").matches ? "zoom" : false,
    xaxis: {type: "date", range: [iso(from), iso(to)], fixedrange: false, tickformatstops: ticks, hoverformat: "%-d %b %H:%M UTC", nticks: 7},
    yaxis: {rangemode: "tozero", ...axis(told.unit, most), nticks: 6},
    shapes: seen.map(({value, level}) => ({type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value, line: {color: colours[level], width: 1.4, dash: "dash"}})),
    annotations: seen.map(({value, level}) => ({xref: "paper", x: 1, xanchor: "right", y: value, yanchor: "bottom", showarrow: false,
      text: `${level} from ${write(value, told.unit)}`, font: {size: 11, color: colours[level]}})),
  };
}

const ticks = [
  {dtickrange: [null, 59999], value: "%H:%M:%S"}, {dtickrange: [60000, 86399999], value: "%H:%M\n%-d %b"}, {dtickrange: [86400000, null], value: "%-d %b"},
];

// The axis of a unit, up to `most`: short where numbers are long, and never in thousandths.
export function axis(unit, most) {
  const tickformat = most >= 10000 ? "~s" : "~r";
  switch (unit) {
    case "percentunit": return {tickformat: ".2~%"};
    case "currencyUSD": return {tickprefix: "$", tickformat};
    case "s": return {ticksuffix: " s", tickformat};
    case "bytes": return {ticksuffix: "B", tickformat: most >= 1000 ? "~s" : "~r"};
    case "reqps": return {ticksuffix: "/s", tickformat};
    default: return {tickformat};
  }
}
