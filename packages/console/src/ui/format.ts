const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes in decimal units with three digits: 1234567 → "1.23 MB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** Seconds as a clock reading: 3725.4 → "1:02:05", 4.25 → "0:04.25". */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `0:${seconds < 10 ? '0' : ''}${Number(seconds.toFixed(2))}`;
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** How long something will still take, in one rough unit: 95 → "2 min". */
export function formatTimeLeft(seconds: number): string {
  if (!Number.isFinite(seconds)) return '…';
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const steps: readonly [number, Intl.RelativeTimeFormatUnit][] = [
  [60, 'second'],
  [3600, 'minute'],
  [86_400, 'hour'],
  [86_400 * 7, 'day'],
];

/** A past or future time near now in words ("3 minutes ago"), farther ones as a date. */
export function formatWhen(time: string, nowMs: number = Date.now()): string {
  const seconds = (Date.parse(time) - nowMs) / 1000;
  const size = Math.abs(seconds);
  if (size < 5) return 'just now';
  for (const [index, [limit, unit]] of steps.entries()) {
    if (size < limit) return relative.format(Math.round(seconds / (steps[index - 1]?.[0] ?? 1)), unit);
  }
  return new Intl.DateTimeFormat('en', { dateStyle: 'medium' }).format(new Date(time));
}

/** Date and time to the second, in the reader's zone. */
export function formatTime(time: string): string {
  return new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(time));
}

/** A time as fields for date and time have it, in the reader's zone: "2026-01-31T09:30". */
export function localTime(time: string): string {
  const at = new Date(time);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** What stands in such a field as an instant; null when it is empty. */
export function toIso(local: string): string | null {
  return local === '' ? null : new Date(local).toISOString();
}
