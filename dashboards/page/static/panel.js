// One panel: its title, what it is for, and the states it can be in: loading, data, nothing, failed.
import {ask} from "./api.js";
import {query} from "./address.js";
import {element} from "./elements.js";
import {bars} from "./bars.js";
import {lines} from "./lines.js";
import {stat} from "./stat.js";
import {table} from "./table.js";
import {inTurn} from "./turns.js";

const drawers = {stat, lines, bars, table};
const ROW = 38;

export class Panel {
  constructor(board, told) {
    Object.assign(this, {board, told, state: null, stale: true, drawn: false, asking: null});
    const name = `panel-${told.number}`;
    this.content = element("div", {className: "content"});
    this.status = element("p", {className: "status", role: "status"});
    this.node = element("section", {className: `panel ${told.kind}`, "aria-labelledby": name},
      element("h3", {id: name}, told.title), about(told), this.status, this.content);
    this.node.style.gridColumn = `span ${told.width}`;
    if (told.kind !== "table") this.node.style.minHeight = `${told.height * ROW * (told.kind === "stat" ? 0.8 : 1)}px`;
    this.height = Math.max(160, told.height * ROW - 70);
  }

  // How far from what is seen: 0 in view.
  distance() {
    const {top, bottom} = this.node.getBoundingClientRect();
    return top > innerHeight ? top - innerHeight : bottom < 0 ? -bottom : top / 1e6;
  }

  // What is shown is old; a question under way is given up.
  refresh(state) {
    this.asking?.abort();
    this.asking = null;
    const moved = this.state && query(state).toString() !== query(this.state).toString();
    this.state = state;
    this.stale = true;
    if (!this.drawn || moved) this.says("Loading …", "waiting");
  }

  // Ask if what is shown is old.
  load() {
    if (!this.stale || this.asking) return;
    const asking = this.asking = new AbortController();
    this.stale = false;
    inTurn(() => this.distance(), () => asking.signal.aborted || !this.node.isConnected ? null : this.fetch(asking));
  }

  async fetch(asking) {
    const given = query({...this.state, filters: pick(this.state.filters, this.board.filters)});
    given.set("width", Math.round(this.content.clientWidth) || 600);
    try {
      const answer = await ask(`/v1/boards/${encodeURIComponent(this.board.uid)}/panels/${this.told.number}?${given}`, asking.signal);
      if (asking.signal.aborted) return;
      this.draw(answer);
    } catch (error) {
      if (!asking.signal.aborted) this.says((this.drawn ? "What is shown is old. " : "") + error.message, "failed");
    } finally {
      if (this.asking === asking) this.asking = null;
    }
  }

  draw(answer) {
    const rows = answer.columns[0]?.values.length ?? 0;
    this.drawn = true;
    this.node.classList.toggle("nothing", !rows);
    if (!rows) {
      this.content.replaceChildren();
      return this.says(this.told.empty, "");
    }
    this.says("", "");
    drawers[this.told.kind](this, answer);
  }

  says(text, mood) {
    this.status.textContent = text;
    this.status.classList.toggle("ill", mood === "failed");
    this.node.classList.toggle("failed", mood === "failed");
    this.node.classList.toggle("waiting", mood === "waiting");
    this.node.setAttribute("aria-busy", mood === "waiting");
  }
}

const pick = (filters, known) => Object.fromEntries(known.filter(({name}) => filters[name]).map(({name}) => [name, filters[name]]));

function about(told) {
  const open = element("summary", {title: "What this is, and what to do", "aria-label": `About: ${told.title}`}, "?");
  return element("details", {className: "about"}, open, element("div", {},
    element("p", {}, told.question), element("p", {}, element("strong", {}, "What to do: "), told.todo),
    element("details", {}, element("summary", {}, "The query"), element("pre", {tabIndex: 0}, told.sql))));
}
