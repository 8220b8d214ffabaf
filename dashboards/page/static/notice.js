// What to know before reading the panels: nothing came in yet, or nothing in this time range.
import {ask} from "./api.js";
import {href} from "./address.js";
import {byId, element} from "./elements.js";
import {clock, day, resolve} from "./times.js";

const event = `{"service": "demo", "model": "m", "prompt": "hi", "response": "hello"}`;
let timer = null;

// `arrived` is called when the first event has come.
export async function notice(state, arrived) {
  clearTimeout(timer);
  let told;
  try {
    const {columns} = await ask("/v1/stored.json");
    told = Object.fromEntries(columns.map(({name, values}) => [name, values[0]]));
  } catch {
    return show(null);  // each panel says it
  }
  if (!Number(told.calls)) {
    timer = setTimeout(() => notice(state, arrived), 2000);
    return show("first", element("p", {}, element("strong", {}, "No event yet. "), "Send one, and this page fills:"),
      element("pre", {tabIndex: 0}, element("code", {}, `curl -d '${event}' ${location.origin}/v1/events`)));
  }
  if (byId("notice").firstChild?.id === "first") arrived();
  const [from, to] = [resolve(state.from), resolve(state.to)], last = told.last + 60e3;
  if (last > from && told.first < to) return show(null);
  const link = href({...state, from: String(last - 6 * 3600e3), to: String(last)});
  return show("outside", element("p", {}, element("strong", {}, "Nothing in this time range. "),
    `Events are stored from ${day(told.first)} ${clock(told.first, false)} to ${day(last)} ${clock(last, false)} UTC.`),
    element("a", {href: link}, "Show their last six hours"));
}

function show(id, ...content) {
  const place = byId("notice"), text = content.map(part => part.textContent).join("");
  if (place.textContent === text && (place.firstChild?.id ?? null) === id) return;
  place.replaceChildren(...(content.length ? [element("div", {className: "notice", id}, ...content)] : []));
}
