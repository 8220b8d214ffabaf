// One number, with a word for how bad it is and, if it is, what to do next.
import {element} from "./elements.js";
import {level, word} from "./levels.js";
import {write} from "./units.js";

export function stat(panel, answer) {
  const {told} = panel;
  const {values} = answer.columns.find(({name}) => name === "value") ?? answer.columns[0];
  const value = values[0];
  if (value === null) {
    panel.content.replaceChildren(element("p", {className: "value quiet"}, "–"), element("p", {className: "dropped"}, told.empty));
    return;
  }
  const parts = [element("p", {className: "value"}, write(value, told.unit))];
  if (told.thresholds.length && typeof value === "number") {
    const found = level(value, told);
    parts.push(element("p", {className: `level ${found}`}, word(found)));
    if (found !== "good") parts.push(element("p", {className: "next"}, told.todo));
  }
  panel.content.replaceChildren(...parts);
}
