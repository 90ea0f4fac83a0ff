// Instants in the visitor's zone, in the forms of simlane/web/moments.py: “3 Nov 2026, 14:05 UTC+1”.
const inZone = (timeZone) =>
  new Intl.DateTimeFormat("en-US", {
    weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
    hourCycle: "h23", timeZoneName: "shortOffset", timeZone,
  });

// A browser that knows no offsets shows what the server wrote.
let here = null;
let utc = null;
try {
  here = inZone(undefined);
  utc = inZone("UTC");
} catch {
  here = null;
}

export const zone = here?.resolvedOptions().timeZone ?? "UTC";

const parts = (format, at) => Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
const inDay = ({ day, month, year }) => `${day} ${month} ${year}`;
const inClock = ({ hour, minute, timeZoneName }) => `${hour}:${minute} ${timeZoneName.replace(/GMT(\+0$)?/, "UTC").replace("-", "\u2212")}`;
const inInstant = (of) => `${inDay(of)}, ${inClock(of)}`;

const FORMS = {
  instant: inInstant,
  day: inDay,
  weekday: (of) => `${of.weekday} ${inInstant(of)}`,
  clock: (of, since) => (since && inDay(since) !== inDay(of) ? inInstant(of) : inClock(of)),
  plate: ({ day, month }) => `${day}\n${month.toUpperCase()}`,
};

// The words of an instant (an ISO text) in a form; null where this browser cannot say.
export const inWords = (iso, form = "instant", since = undefined) => {
  const at = new Date(iso);
  if (!here || Number.isNaN(at.getTime()) || !FORMS[form]) return null;
  return FORMS[form](parts(here, at), since && parts(here, new Date(since)));
};

export const inUTC = (iso) => inInstant(parts(utc, new Date(iso)));
