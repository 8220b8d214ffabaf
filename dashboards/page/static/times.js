// Times: all in UTC, short where the day is clear.
const pad = number => String(number).padStart(2, "0");
const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const sizes = {s: 1e3, m: 60e3, h: 3600e3, d: 86400e3, w: 604800e3};

// As ClickHouse writes it, "2026-11-24 16:56:35.144", in UTC; null where there is none.
export function parse(text) {
  if (typeof text === "number") return text;
  if (!text) return null;
  const ms = Date.parse(text.slice(0, 10) + "T" + (text.slice(11, 23) || "00:00:00") + "Z");
  return Number.isNaN(ms) ? null : ms;
}

export function clock(ms, seconds = true) {
  const at = new Date(ms);
  return `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}${seconds ? ":" + pad(at.getUTCSeconds()) : ""}`;
}

export function day(ms) {
  const at = new Date(ms), year = at.getUTCFullYear();
  return `${at.getUTCDate()} ${months[at.getUTCMonth()]}${year === new Date().getUTCFullYear() ? "" : " " + year}`;
}

// The day is left out where it is today's.
export function short(ms, seconds = true) {
  const today = day(ms) === day(Date.now());
  return today ? clock(ms, seconds) : `${day(ms)} ${clock(ms, seconds)}`;
}

export const iso = ms => new Date(ms).toISOString();

// "now-6h", "now", milliseconds or ISO: milliseconds; NaN for what is none of them.
export function resolve(text, now = Date.now()) {
  const relative = /^now(?:-(\d+)([smhdw]))?$/.exec(text);
  if (relative) return now - (relative[1] ? Number(relative[1]) * sizes[relative[2]] : 0);
  if (/^\d+$/.test(text)) return Number(text);
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : text + "Z");
}
