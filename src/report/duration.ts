/** `350 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Of one thing that goes on: `0:07`, `3:17`, `1:02:03`. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

/** A range: `10 to 14 min`, `about 2 min`, `less than a minute`, `2 to 3 h`. */
export function formatRange(fromMs: number, toMs: number): string {
  if (toMs < 60_000) return 'less than a minute';
  const [unit, ms] = toMs >= 2 * 3_600_000 ? (['h', 3_600_000] as const) : (['min', 60_000] as const);
  const [from, to] = [Math.floor(fromMs / ms), Math.ceil(toMs / ms)];
  return from === to || from === 0 ? `${from === 0 ? 'up to' : 'about'} ${to} ${unit}` : `${from} to ${to} ${unit}`;
}
