// How numbers are written, by the units of boards (Grafana's ids).
import {parse, short} from "./times.js";

const figures = new Intl.NumberFormat("en", {maximumSignificantDigits: 3});
const whole = new Intl.NumberFormat("en", {maximumFractionDigits: 0});
const compact = new Intl.NumberFormat("en", {notation: "compact", maximumSignificantDigits: 3});
const cents = new Intl.NumberFormat("en", {minimumFractionDigits: 2, maximumFractionDigits: 2});
const few = number => Math.abs(number) >= 1000 ? whole.format(number) : figures.format(number);

function seconds(number) {
  const size = Math.abs(number);
  if (size === 0) return "0 s";
  if (size < 0.001) return few(number * 1e6) + " µs";
  if (size < 1) return few(number * 1e3) + " ms";
  if (size < 120) return few(number) + " s";
  if (size < 7200) return few(number / 60) + " min";
  if (size < 172800) return few(number / 3600) + " h";
  return few(number / 86400) + " d";
}

function bytes(number) {
  const names = ["B", "KiB", "MiB", "GiB", "TiB"];
  let place = 0;
  while (Math.abs(number) >= 1024 && place < names.length - 1) { number /= 1024; place += 1; }
  return `${few(number)} ${names[place]}`;
}

function dollars(number) {
  const size = Math.abs(number);
  const text = size === 0 || size >= 1 ? (size >= 1e5 ? compact.format(size) : cents.format(size)) : figures.format(size);
  return (number < 0 ? "−$" : "$") + text;
}

const count = number => Number.isInteger(number) && Math.abs(number) < 1e5 ? whole.format(number)
  : Math.abs(number) >= 1e4 ? compact.format(number) : few(number);

const writers = {
  short: count,
  reqps: number => few(number) + " /s",
  s: seconds,
  percentunit: number => number === 0 ? "0 %" : few(number * 100) + " %",
  currencyUSD: dollars,
  "suffix: tokens/s": number => count(number) + " tokens/s",
  none: few,
  bytes,
};

export const isTime = unit => unit === "dateTimeAsIso";
export const isNumber = unit => unit in writers;

// A value in words; what is not known is a dash.
export function write(value, unit) {
  if (value === null || value === undefined) return "–";
  if (isTime(unit)) {
    const ms = parse(value);
    return ms === null ? String(value) : short(ms);
  }
  return typeof value === "number" && writers[unit] ? writers[unit](value) : String(value);
}
