// One board: its rows of panels. Those in view are asked first; those far below when they are scrolled to.
import {ask} from "./api.js";
import {byId, element} from "./elements.js";
import {Panel} from "./panel.js";
import {forget, onScheme} from "./plot.js";

let panels = [];
const near = new IntersectionObserver(seen => {
  for (const {target, isIntersecting} of seen) {
    target.near = isIntersecting;
    if (isIntersecting) panels.find(({node}) => node === target)?.load();
  }
}, {rootMargin: "300px"});

export async function open(uid, known, signal) {
  const told = await ask(`/v1/boards/${encodeURIComponent(uid)}`, signal);
  close();
  const rows = told.rows.map(row => {
    const made = row.panels.map(panel => new Panel(told, panel));
    panels.push(...made);
    return element("section", {}, element("h2", {}, row.title), element("div", {className: "panels"}, ...made.map(({node}) => node)));
  });
  for (const panel of panels) panel.known = known;
  byId("heading").replaceChildren(element("h1", {tabIndex: -1}, told.title), element("p", {}, told.question));
  byId("rows").replaceChildren(...rows);
  for (const {node} of panels) near.observe(node);
  return told;
}

export function close() {
  near.disconnect();
  for (const panel of panels) {
    panel.asking?.abort();
    panel.node.querySelectorAll(".plot").forEach(forget);
  }
  panels = [];
}

export function refresh(state) {
  for (const panel of panels) panel.refresh(state);
  for (const panel of panels) if (panel.node.near) panel.load();
}

onScheme(() => panels.forEach(panel => panel.redraw?.()));
