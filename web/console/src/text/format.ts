// Numbers, sizes, times and ids as people read them. Times are those of the viewer's zone, which is always shown with them.
import { language } from "./language";

const LOCALES = { zh: "zh-CN", en: "en-GB" };
const locale = () => LOCALES[language.value];

/** One formatter for each language: to make one takes longer than to use it a hundred times. */
function perLanguage<F>(make: (locale: string) => F): () => F {
  const made = new Map<string, F>();
  return () => {
    const format = made.get(locale()) ?? make(locale());
    made.set(locale(), format);
    return format;
  };
}

const ages = perLanguage((locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));

export function number(value: number, digits = 0): string {
  return value.toLocaleString(locale(), { maximumFractionDigits: digits });
}

/** Bytes with a binary unit. */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${number(value, unit === 0 ? 0 : 1)} ${units[unit]}`;
}

/** `2026-11-23 21:05:09.123 UTC+8`. */
export function moment(millis: number, withMillis = true): string {
  const at = new Date(millis);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const rest = withMillis ? `.${String(at.getMilliseconds()).padStart(3, "0")}` : "";
  return `${day} ${time}${rest} ${zone(at)}`;
}

/** Smaller numbers are seconds, as the platform reads them. */
const SECONDS_BELOW = 100_000_000_000;

/** Unix time in milliseconds, whether it is given in them or in seconds. */
export const unixMillis = (time: number): number => (time < SECONDS_BELOW ? time * 1000 : time);

/** `2026-11-23 21:05:09.123`, where the zone is shown beside it or on hover. */
export function local(millis: number): string {
  return moment(millis).replace(/ UTC.*$/, "");
}

/** `09:12` of today, `11-22 09:12` of another day; the exact moment belongs beside it. */
export function clock(millis: number, now: number): string {
  const at = new Date(millis);
  const full = moment(millis, false);
  return at.toDateString() === new Date(now).toDateString() ? full.slice(11, 16) : full.slice(5, 16);
}

function zone(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "-" : "+"}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];

/** `3 seconds ago`, `昨天`. */
export function age(millis: number, now: number): string {
  const difference = millis - now;
  const [unit, step] = STEPS.find(([, step]) => Math.abs(difference) >= step) ?? ["second", 1000];
  return ages().format(Math.trunc(difference / step), unit);
}

/** `5 minutes`, `1 hour`: a whole number of the largest unit that fits. */
export function duration(millis: number): string {
  const [unit, step] = STEPS.find(([, step]) => millis >= step) ?? ["second", 1000];
  const text = new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(millis / step);
  return text.replace(/(\d)(?=\p{Script=Han})/u, "$1 ");
}

/** Long ids in the middle shortened: `QW12…34TY`. */
export function short(id: string, max = 20): string {
  if (id.length <= max) return id;
  const half = Math.floor((max - 1) / 2);
  return `${id.slice(0, half)}…${id.slice(-half)}`;
}
