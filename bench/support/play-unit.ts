// The agent of bench/parallel.ts: works for the time of its unit, then makes the unit's change in its workspace, as the
// history knows it, on whatever is there. node bench/support/play-unit.ts PLAYS
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { hasMarkers, holds, resolve, type Versions } from './change-texts.ts';
import { noteOf, type PlayedFile, type Plays, textFile } from './plays.ts';

const file = process.argv[2] ?? '';
const plays = JSON.parse(readFileSync(file, 'utf8')) as Plays;
const unit = process.env.BACKLOG_UNIT ?? '';
const play = plays.units[unit];
if (play === undefined) throw new Error(`no play of ${unit}`);
await setTimeout(process.env.BACKLOG_ROLE === 'debugger' ? play.mergeMs : play.workMs);

const textOf = (object: string | null): string | null =>
  object === null ? null : readFileSync(path.join(path.dirname(file), textFile(object)), 'latin1');
const read = (name: string): string | null => (existsSync(name) ? readFileSync(name, 'latin1') : null);

function versionsOf(name: string): Versions {
  return (plays.versions[name] ?? []).map((one) => {
    const change = plays.units[one.unit]?.files.find(({ path: changed }) => changed === name);
    return { unit: one.unit, need: change?.need ?? null, text: textOf(one.object) };
  });
}

/** The text that a file should have, by the one that it has. */
function wanted({ path: name, need, ...objects }: PlayedFile, current: string | null): string | null {
  const [before, after] = [textOf(objects.before), textOf(objects.after)];
  if (current !== null && hasMarkers(current)) return resolve(current, unit, versionsOf(name));
  if (need !== null && current !== null && holds(need, () => current)) return current;
  if (current === before || current === null || before === null || after === null) return after;
  const names = ['current', 'before', 'after'].map((side) =>
    path.join(process.env.TMPDIR ?? '/tmp', `${unit}-${side}`),
  );
  names.forEach((side, index) => writeFileSync(side, [current, before, after][index] ?? '', 'latin1'));
  const merged = spawnSync('git', ['merge-file', '-p', '-q', ...names], { encoding: 'latin1', maxBuffer: 2 ** 28 });
  for (const side of names) rmSync(side);
  return hasMarkers(merged.stdout) ? resolve(merged.stdout, unit, versionsOf(name)) : merged.stdout;
}

for (const change of play.files) {
  const found = change.names.find((name) => existsSync(name)) ?? null;
  const text = wanted(change, found === null ? null : read(found));
  const to = change.from === null && found !== null ? found : change.path;
  if (found !== null && (text === null || found !== to)) rmSync(found);
  if (text === null) continue;
  mkdirSync(path.dirname(to), { recursive: true });
  writeFileSync(to, text, 'latin1');
  chmodSync(to, change.isExecutable ? 0o755 : 0o644);
}
const note = noteOf(unit);
mkdirSync(path.dirname(note), { recursive: true });
writeFileSync(note, 'It is made.\n');
