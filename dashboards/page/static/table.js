// Rows as they are. On a narrow screen each row is a card; the roles say that it is a table still.
import {href, read} from "./address.js";
import {element} from "./elements.js";
import {isNumber, isTime, write} from "./units.js";
import {iso, parse} from "./times.js";

const LONG = 140;
// A name is not broken at its hyphens.
const brief = value => typeof value === "string" && value.length <= 28 && !value.includes(" ");
const states = new Set(["fired", "recovered", "accepted", "pending", "firing", "resolved", "no_data", "error", "failed", "given_up"]);

export function table(panel, answer) {
  const {told, known} = panel, byName = new Map(answer.columns.map(column => [column.name, column]));
  const columns = (told.columns.length ? told.columns : answer.columns.map(({name}) => ({name, title: name, unit: "string", link: null})))
    .filter(({name}) => byName.has(name));
  const rows = byName.get(columns[0].name).values.length;
  const kind = ({unit}) => isNumber(unit) ? "number" : isTime(unit) ? "time" : "text";
  const heads = columns.map(column => element("th", {scope: "col", role: "columnheader", className: kind(column)}, column.title));
  const body = element("tbody", {role: "rowgroup"});
  for (let row = 0; row < rows; row += 1) {
    const value = name => byName.get(name)?.values[row];
    body.append(element("tr", {role: "row"}, ...columns.map(column =>
      element("td", {role: "cell", className: brief(value(column.name)) ? `${kind(column)} brief` : kind(column), "data-label": column.title}, cell(column, value, known)))));
  }
  const place = element("div", {className: "scroll", tabIndex: 0, role: "region", "aria-label": told.title},
    element("table", {className: "cards", role: "table"}, element("thead", {role: "rowgroup"}, element("tr", {role: "row"}, ...heads)), body));
  const before = panel.content.querySelector(".scroll");
  if (before) keep(before, place);
  panel.content.replaceChildren(place);
  if (before) place.scrollTop = before.dataset.top ?? 0;
}

// A refresh leaves the reader where he was, unless he is in the midst of it.
function keep(before, place) {
  place.dataset.top = before.dataset.top = before.scrollTop;
}

function cell(column, value, known) {
  const raw = value(column.name);
  if (raw === null || raw === undefined || raw === "") return element("span", {className: "nothing quiet"}, "–");
  const text = write(raw, column.unit);
  const shown = column.link && known.has(column.link.board)
    ? element("a", {href: to(column.link, value)}, text) : isTime(column.unit) ? moment(raw, text) : states.has(raw)
      ? element("span", {className: `state ${raw}`}, text) : document.createTextNode(text);
  return text.length > LONG || text.split("\n").length > 2 ? long(shown, column.title) : shown;
}

function moment(raw, text) {
  const ms = parse(raw);
  return ms === null ? document.createTextNode(text) : element("time", {dateTime: iso(ms), title: `${raw} UTC`}, text);
}

function to(link, value) {
  const {from, to: end} = read(), filters = {};
  for (const [filter, name] of Object.entries(link.filters)) {
    const found = value(name);
    if (found !== null && found !== undefined && found !== "") filters[filter] = [String(found)];
  }
  return href({uid: link.board, from, to: end, filters});
}

function long(shown, title) {
  const text = element("div", {className: "long"}, shown);
  const button = element("button", {type: "button", "aria-expanded": "false", "aria-label": `Show all of: ${title}`}, "more");
  button.addEventListener("click", () => {
    const open = text.classList.toggle("open");
    button.setAttribute("aria-expanded", open);
    button.textContent = open ? "less" : "more";
  });
  return element("div", {}, text, button);
}
