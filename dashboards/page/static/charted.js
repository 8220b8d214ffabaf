// What lines and bars share: the chart, a sentence that says it, and the same numbers as a table on demand.
import {element} from "./elements.js";

export function charted(panel) {
  let place = panel.content.querySelector(".plot");
  if (!place) {
    place = element("div", {className: "plot", role: "img"});
    place.style.height = `${panel.height}px`;
    const more = element("details", {className: "as-table"}, element("summary", {}, "As a table"), element("div"));
    more.addEventListener("toggle", () => fill(panel));
    panel.content.replaceChildren(place, element("p", {className: "dropped"}), more);
  }
  return place;
}

export function says(panel, sentence, note, heads, rows) {
  panel.content.querySelector(".plot").setAttribute("aria-label", sentence);
  const dropped = panel.content.querySelector(".dropped");
  dropped.textContent = note;
  dropped.hidden = !note;
  panel.numbers = {heads, rows};
  fill(panel);
}

function fill(panel) {
  const more = panel.content.querySelector(".as-table");
  if (!more?.open) return;
  const {heads, rows} = panel.numbers;
  const cell = (text, index) => index ? element("td", {className: "number"}, text) : element("th", {scope: "row"}, text);
  more.lastElementChild.replaceChildren(element("div", {className: "scroll", tabIndex: 0, role: "region", "aria-label": `${panel.told.title}, as a table`},
    element("table", {}, element("thead", {}, element("tr", {}, ...heads.map((text, index) => element("th", {scope: "col", className: index ? "number" : ""}, text)))),
      element("tbody", {}, ...rows().map(row => element("tr", {}, ...row.map(cell)))))));
}
