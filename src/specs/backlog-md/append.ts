import { type Addition, criteriaTexts, type NewUnit, type Spot } from '../format/addition.ts';
import { splitFrontMatter } from '../text/front-matter.ts';
import type { Source } from '../text/source.ts';
import { readFront } from './front.ts';
import { kindOf, placesOf } from './places.ts';
import { configured } from './configured.ts';

const priorities: ReadonlyMap<number, string> = new Map([
  [1, 'high'],
  [-1, 'low'],
]);

/** Adds a file for a task beside the one that is named, with the next number of the project. */
export function addTask(unit: NewUnit, { file, sources, paths }: Spot): Addition | null {
  const source = sources.find((one) => one.file === file);
  const place = placesOf(sources.map((one) => one.file)).find((one) => one.file === file);
  const texts = criteriaTexts(unit);
  const isWritable = unit.touches.length === 0 && (unit.priority === null || priorities.has(unit.priority));
  // The program knows criteria of one line only.
  if (source === undefined || !place?.id || !isWritable || texts.some((text) => text.includes('\n'))) return null;
  if (kindOf(file) !== 'tasks') return null;
  const own = idIn(source) ?? place.id;
  const prefix = own.replace(/-\d+(?:\.\d+)*$/, '');
  const inName = place.id.replace(/-\d+(?:\.\d+)*$/, '');
  const number = nextNumber(inName, paths);
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  const statuses = configured(sources.find((one) => one.file === place.config));
  const name = unit.title
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}.]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60);
  const lines = [
    '---',
    `id: ${prefix}-${number}`,
    `title: ${JSON.stringify(unit.title.replace(/\s+/g, ' ').trim())}`,
    `status: ${JSON.stringify(unit.isDraft ? 'Draft' : statuses.open)}`,
    'assignee: []',
    `created_date: '${new Date(unit.at).toISOString().slice(0, 16).replace('T', ' ')}'`,
    'labels: []',
    ...(unit.depends.length === 0
      ? ['dependencies: []']
      : ['dependencies:', ...unit.depends.map((key) => `  - ${key}`)]),
    ...(unit.priority === null ? [] : [`priority: ${priorities.get(unit.priority) ?? ''}`]),
    '---',
    ...(unit.body.trim() === '' ? [] : ['', '## Description', '', ...between('SECTION:DESCRIPTION', unit.body.trim())]),
    ...(texts.length === 0
      ? []
      : ['', '## Acceptance Criteria', ...between('AC', ...texts.map((text, index) => `- [ ] #${index + 1} ${text}`))]),
  ];
  return { file: `${folder}${inName}-${number} - ${name}.md`, text: `${lines.join('\n')}\n` };
}

function between(section: string, ...lines: readonly string[]): string[] {
  return [`<!-- ${section}:BEGIN -->`, ...lines, `<!-- ${section}:END -->`];
}

function idIn(source: Source): string | null {
  const split = splitFrontMatter(source);
  return 'severity' in split ? null : readFront(source, split).text('id');
}

/** The number after the highest one among the project's files, also those in its archive. */
function nextNumber(prefix: string, paths: readonly string[]): number {
  const named = new RegExp(
    `(?:^|/)${prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}-(\\d{1,9})(?!\\d)[^/]*\\.md$`,
    'iu',
  );
  const numbers = paths.map((path) => Number(named.exec(path)?.[1] ?? 0));
  return numbers.reduce((most, number) => Math.max(most, number), 0) + 1;
}
