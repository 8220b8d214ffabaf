// Plotly: loaded once, after what can be read without it; drawn in the colours of the scheme.
import {byId, element} from "./elements.js";
import {lull} from "./turns.js";

let library = null;
const dark = matchMedia("(prefers-color-scheme: dark)");

function load() {
  library ??= lull(1000).then(() => new Promise((resolve, reject) => {
    const script = element("script", {src: document.body.dataset.plotly, async: true});
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { library = null; reject(new Error("The library that draws charts could not be loaded; the numbers are in the table.")); };
    document.head.append(script);
  }));
  return library;
}

// Told apart in both schemes and by the colour-blind (after Okabe and Ito); beyond eight, by dashes too.
const light = ["#0072b2", "#c44e00", "#007a5a", "#b0447f", "#7a6a00", "#1f9fd6", "#4b3fa7", "#555b63"];
const bright = ["#56b4e9", "#f0923b", "#2fc79a", "#e58fbd", "#e6d84a", "#9ad4f5", "#a99df0", "#b8bec7"];
const dashes = ["solid", "dash", "dot"];

export function colour(index) {
  const colours = dark.matches ? bright : light;
  return {color: colours[index % colours.length], dash: dashes[Math.floor(index / colours.length) % dashes.length]};
}

const style = name => getComputedStyle(document.documentElement).getPropertyValue(name);
// A computed light-dark() is still a function: ask an element for the colour itself.
export function theme() {
  const probe = element("span");
  byId("board").append(probe);
  const resolved = name => { probe.style.color = style(name); return getComputedStyle(probe).color; };
  const found = Object.fromEntries(["card", "text", "quiet", "line", "good", "warning", "bad"].map(name => [name, resolved(`--${name}`)]));
  probe.remove();
  return found;
}

export const onScheme = listener => dark.addEventListener("change", listener);

export async function draw(place, traces, layout, height) {
  const plotly = await load();
  if (!place.isConnected) return;
  const colours = theme();
  const axis = {gridcolor: colours.line, zerolinecolor: colours.line, linecolor: colours.line, automargin: true, fixedrange: true};
  await plotly.react(place, traces, {
    height, autosize: true, margin: {l: 8, r: 8, t: 8, b: 8}, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: {family: "system-ui, sans-serif", size: 12, color: colours.text}, hoverlabel: {bgcolor: colours.card, font: {color: colours.text}},
    ...layout, xaxis: {...axis, ...layout.xaxis}, yaxis: {...axis, ...layout.yaxis},
  }, {displayModeBar: false, responsive: true, doubleClick: false, showTips: false});
}

export const forget = place => window.Plotly?.purge(place);
