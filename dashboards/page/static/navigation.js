// The boards. Time range, service and model go along; other filters belong to their board.
import {href} from "./address.js";
import {byId, element} from "./elements.js";

const wide = matchMedia("(min-width: 901px)");

export function navigation(boards, state, here) {
  const {service, model} = state.filters;
  const filters = {...(service && {service}), ...(model && {model})};
  byId("boards").replaceChildren(...boards.map(({uid, title, question}) => element("li", {}, element("a", {
    href: href({uid, from: state.from, to: state.to, filters}), title: question, ...(uid === here && {"aria-current": "page"}),
  }, title))));
  document.querySelector(".name").href = href({uid: "", from: state.from, to: state.to, filters});
  const menu = byId("menu"), set = () => { menu.open = wide.matches; };
  set();
  wide.onchange = set;
}
