// A filter chosen from what there is in the time range, or one that is typed.
import {ask} from "./api.js";
import {go, query} from "./address.js";
import {element} from "./elements.js";

const title = name => name[0].toUpperCase() + name.slice(1);

function set(state, name, values) {
  const filters = {...state.filters, [name]: values};
  if (!values.length) delete filters[name];
  go({...state, filters});
}

export function chosen(name, state) {
  const values = state.filters[name] ?? [];
  const said = values.length ? values.length > 2 ? `${values.length} chosen` : values.join(", ") : "all";
  const sheet = element("div", {className: "sheet"}, element("p", {role: "status"}, "Loading …"));
  const details = element("details", {className: "filter"}, element("summary", {}, `${title(name)}: ${said}`), sheet);
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    try {
      const {columns} = await ask(`/v1/filters/${encodeURIComponent(name)}?${query({from: state.from, to: state.to})}`);
      fill(sheet, name, state, [...new Set([...values, ...columns[0]?.values ?? []])].filter(Boolean));
    } catch (error) {
      sheet.replaceChildren(element("p", {role: "alert"}, error.message));
    }
  });
  return details;
}

function fill(sheet, name, state, options) {
  const values = state.filters[name] ?? [];
  const boxes = options.map(value => element("input", {type: "checkbox", value, checked: values.includes(value)}));
  const form = element("form", {},
    element("fieldset", {}, element("legend", {}, options.length ? `${title(name)}: none means all` : `No ${name} in this time range.`),
      ...boxes.map(box => element("label", {}, box, box.value))),
    element("div", {className: "group"}, element("button", {}, "Show"), element("button", {type: "button", className: "all"}, "All")));
  form.addEventListener("submit", event => { event.preventDefault(); set(state, name, boxes.filter(box => box.checked).map(box => box.value)); });
  form.querySelector(".all").addEventListener("click", () => set(state, name, []));
  sheet.replaceChildren(form);
}

export function typed(name, state) {
  const input = element("input", {name, value: (state.filters[name] ?? []).join(" "), autocomplete: "off", spellcheck: false});
  const form = element("form", {className: "typed"}, element("label", {}, `${title(name)} `, input), element("button", {}, "Show"));
  form.addEventListener("submit", event => { event.preventDefault(); set(state, name, input.value.trim() ? [input.value.trim()] : []); });
  return form;
}
