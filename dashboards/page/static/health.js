// The line that says how the pipeline is.
import {ask} from "./api.js";
import {byId} from "./elements.js";

const whole = new Intl.NumberFormat("en"), figures = new Intl.NumberFormat("en", {maximumSignificantDigits: 3});
const disk = mb => mb < 1024 ? `${whole.format(mb)} MiB` : `${figures.format(mb / 1024)} GiB`;

export async function watch() {
  const state = byId("state");
  const say = (text, mood) => {
    if (state.textContent !== text) state.textContent = text;
    state.className = mood;
  };
  try {
    const told = await ask("/v1/health.json", undefined, 15_000);
    const behind = told.records_behind ? `${whole.format(told.records_behind)} records wait to be scored` : "all that came in is scored and stored";
    say(told.ok ? `Well: ${behind}; ${disk(told.disk_free_mb)} of disk free.` : `Trouble: ${told.trouble}`, told.ok ? "well" : "ill");
  } catch (error) {
    say(`${error.message} What is below may be old.`, "ill");
  }
  setTimeout(watch, document.hidden ? 30_000 : 5_000);
}
