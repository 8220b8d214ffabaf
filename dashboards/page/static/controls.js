// Time range, filters, pause: each a change of the address.
import {go} from "./address.js";
import {byId, element} from "./elements.js";
import {chosen, typed} from "./filters.js";
import {live} from "./live.js";
import {clock, day, resolve} from "./times.js";

const ranges = [["now-15m", "15 min"], ["now-1h", "1 h"], ["now-6h", "6 h"], ["now-24h", "24 h"], ["now-7d", "7 d"]];

export function controls(board, state) {
  const press = ([from, text]) => {
    const button = element("button", {type: "button", "aria-pressed": String(state.to === "now" && state.from === from)}, text);
    button.addEventListener("click", () => go({...state, uid: board.uid, from, to: "now"}));
    return button;
  };
  const filters = board.filters.map(filter => (filter.chosen ? chosen : typed)(filter.name, state));
  byId("controls").replaceChildren(
    element("div", {className: "group", role: "group", "aria-label": "Time range up to now"}, ...ranges.map(press)),
    absolute(board, state), ...filters, ...(state.to === "now" ? [pause()] : []), element("span", {id: "range"}));
  say(state);
}

// The range in words; it moves with every refresh.
export function say({from, to}) {
  const [begin, end] = [resolve(from), resolve(to)], place = byId("range");
  if (!place || Number.isNaN(begin) || Number.isNaN(end)) return;
  place.textContent = `${day(begin)} ${clock(begin, false)} to ${day(end) === day(begin) ? "" : day(end) + " "}${clock(end, false)} UTC`;
}

function absolute(board, state) {
  const field = (name, text) => {
    const at = resolve(text), input = element("input", {type: "datetime-local", name, required: true, step: 60});
    if (!Number.isNaN(at)) input.value = new Date(at).toISOString().slice(0, 16);
    return element("label", {}, name === "from" ? "From " : "To ", input);
  };
  const form = element("form", {}, element("span", {className: "quiet"}, "Times are in UTC."), field("from", state.from), field("to", state.to),
    element("button", {}, "Show"));
  form.addEventListener("submit", event => {
    event.preventDefault();
    const [from, to] = ["from", "to"].map(name => String(Date.parse(form.elements[name].value + "Z")));
    go({...state, uid: board.uid, from, to});
  });
  const fixed = state.to !== "now" || !ranges.some(([from]) => from === state.from);
  return element("details", {className: "pick"}, element("summary", {}, fixed ? "Times: chosen" : "Other times"), element("div", {className: "sheet"}, form));
}

function pause() {
  const button = element("button", {type: "button", id: "pause"});
  const label = () => { button.textContent = live.paused ? "▶ Resume" : "❚❚ Pause"; button.title = live.paused ? "Refresh again" : "Stop refreshing"; };
  button.addEventListener("click", () => { live.toggle(); label(); });
  label();
  return button;
}

// One sheet at a time; Escape or a click elsewhere closes it.
const close = but => byId("controls").querySelectorAll("details[open]").forEach(details => { if (details !== but) details.open = false; });
addEventListener("click", event => close(event.target.closest?.("#controls details")));
addEventListener("keydown", event => {
  if (event.key !== "Escape") return;
  byId("controls").querySelector("details[open] > summary")?.focus();
  close();
});
