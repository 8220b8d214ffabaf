// Side by side.
import {charted, says} from "./charted.js";
import {axis, plain} from "./lines.js";
import {level, word} from "./levels.js";
import {colour, draw, theme} from "./plot.js";
import {write} from "./units.js";

export function bars(panel, answer) {
  const place = charted(panel), {told} = panel;
  const column = wanted => answer.columns.find(({name}) => name === wanted).values;
  const names = column("name").map(name => String(name ?? "") || "(none)"), values = column("value");
  const written = values.map((value, row) => write(value, told.unit) + (told.thresholds.length && value !== null ? `  ${word(level(value, told))}` : ""));
  says(panel, `${told.title}. ${names.map((name, row) => `${name}: ${written[row]}`).join("; ")}.`, "", ["Name", "Value"],
    () => names.map((name, row) => [name, written[row]]));
  const height = Math.max(Math.min(panel.height, names.length * 40 + 40), names.length * 22 + 30);
  place.style.height = `${height}px`;
  panel.redraw = () => draw(place, traces(told, names, values, written), layout(told, names, values), height).catch(
    error => panel.says(error.message, "failed"));
  return panel.redraw();
}

function traces(told, names, values, written) {
  const colours = theme(), usual = colour(0).color;
  const painted = values.map(value => told.thresholds.length && value !== null ? colours[level(value, told)] : usual);
  // Names may be the same once shortened: a bar's place is its row.
  return [{
    type: "bar", orientation: "h", x: values, y: names.map((_, row) => row), text: written, textposition: "outside", cliponaxis: false,
    marker: {color: painted}, hovertext: names.map((name, row) => `${plain(name)}: ${written[row]}`), hoverinfo: "text",
  }];
}

function layout(told, names, values) {
  const most = Math.max(0, ...values), least = Math.min(0, ...values);
  const shorten = name => name.length > 28 ? name.slice(0, 27) + "…" : name;
  return {
    showlegend: false, bargap: 0.3, dragmode: false,
    xaxis: {range: [least * 1.1, (most || 1) * 1.35], ...axis(told.unit, most), nticks: 5},
    yaxis: {autorange: "reversed", tickvals: names.map((_, row) => row), ticktext: names.map(name => plain(shorten(name)) + " "), showgrid: false},
  };
}
