// The page: what the address says is shown.
import {ask} from "./api.js";
import {follow, onChange, read} from "./address.js";
import * as board from "./board.js";
import {controls, say} from "./controls.js";
import {byId, element} from "./elements.js";
import {watch} from "./health.js";
import {live} from "./live.js";
import {navigation} from "./navigation.js";
import {notice} from "./notice.js";

const listed = ask("/v1/boards");
let shown = null, opening = null;

async function show(moved) {
  opening?.abort();
  const {signal} = opening = new AbortController();
  try {
    const boards = await listed;
    if (!boards.length) throw new Error("There is no board.");
    const address = read(), uid = address.uid || boards[0].uid;
    if (shown?.uid !== uid) {
      const told = await board.open(uid, new Set(boards.map(one => one.uid)), signal);
      if (signal.aborted) return;
      shown = told;
      document.title = `${told.title} – windvane`;
      if (moved) {
        scrollTo(0, 0);
        byId("heading").querySelector("h1").focus();
      }
    }
    const state = {...address, uid, from: address.from ?? shown.range, to: address.to ?? "now"};
    navigation(boards, address, uid);
    controls(shown, state);
    const refresh = () => { say(state); board.refresh(state); };
    refresh();
    notice(state, refresh);
    live.start(state, refresh);
  } catch (error) {
    if (signal.aborted) return;
    byId("heading").replaceChildren(element("h1", {tabIndex: -1}, "This board cannot be shown"), element("p", {role: "alert"}, error.message));
  }
}

onChange(show);
follow();
watch();
show(false);
