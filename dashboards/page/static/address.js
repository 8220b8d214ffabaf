// The address is the state: board, time range and filters. It can be shared, and "back" goes back.
export function read() {
  const given = new URLSearchParams(location.search);
  const uid = location.pathname.startsWith("/boards/") ? decodeURIComponent(location.pathname.slice(8)) : "";
  const filters = {};
  for (const name of new Set(given.keys())) if (name !== "from" && name !== "to") filters[name] = given.getAll(name).filter(Boolean);
  return {uid, from: given.get("from"), to: given.get("to"), filters};
}

export function query({from, to, filters = {}}) {
  const given = new URLSearchParams();
  if (from) given.set("from", from);
  if (to) given.set("to", to);
  for (const [name, values] of Object.entries(filters)) for (const value of values) given.append(name, value);
  return given;
}

export function href(state) {
  const text = query(state).toString();
  return (state.uid ? "/boards/" + encodeURIComponent(state.uid) : "/") + (text ? "?" + text : "");
}

const listeners = [];
export const onChange = listener => listeners.push(listener);
const changed = moved => listeners.forEach(listener => listener(moved));

export function go(state) {
  const next = href(state);
  if (next === location.pathname + location.search) return;
  history.pushState(null, "", next);
  changed(true);
}

// Links between boards are followed without loading the page anew.
export function follow() {
  addEventListener("popstate", () => changed(true));
  addEventListener("click", event => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const to = new URL(link.href);
    if (to.origin !== location.origin || to.hash || (to.pathname !== "/" && !to.pathname.startsWith("/boards/"))) return;
    event.preventDefault();
    if (to.pathname + to.search === location.pathname + location.search) return;
    history.pushState(null, "", to.pathname + to.search);
    changed(true);
  });
}
