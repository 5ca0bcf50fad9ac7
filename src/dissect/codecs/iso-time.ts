/** Times as ISO 8601, for messages with a dozen of them: the day is made once for as long as it stays the same. */

const DAY_SECONDS = 86_400;

let lastDay = Number.NaN;
let lastDate = '';

/** `2024-03-05T09:00:00Z` of whole seconds since 1970. */
export function isoSecond(unixSeconds: number): string {
  const day = Math.floor(unixSeconds / DAY_SECONDS);
  if (day !== lastDay) {
    lastDay = day;
    lastDate = new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 11);
  }
  const second = unixSeconds - day * DAY_SECONDS;
  return `${lastDate}${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}Z`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
