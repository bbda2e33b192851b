// What one hostile file takes to be read: node bench/support/hostile-one.ts LAYOUT SHAPE KILOBYTES
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readSpecs } from '../../src/specs/units/read.ts';
import { layouts, shapes } from './hostile-files.ts';

const [, , layoutName = '', shapeName = '', kilobytes = ''] = process.argv;
const layout = layouts[layoutName];
const shape = layout === undefined ? undefined : shapes[layout.language][shapeName];
if (layout === undefined || shape === undefined) throw new Error('no such layout or shape');
const folder = mkdtempSync(path.join(os.tmpdir(), 'backlog-bench-'));
const head = layout.head ?? '';
const tail = layoutName === 'front matter' ? '\n---\n# A\n' : '';
const text = head + shape(Number(kilobytes) * 1000 - head.length - tail.length) + tail;
for (const [file, content] of Object.entries({ ...layout.beside, [layout.file]: text })) {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), content);
}
const before = process.cpuUsage();
const names = { folder, phases: [], agents: [], recipes: [], ignore: [] };
const { units, diagnostics } = await readSpecs({ ...names, listTargetFiles: () => Promise.resolve([]) });
const { user, system } = process.cpuUsage(before);
rmSync(folder, { recursive: true });
const errors = [...diagnostics, ...units.flatMap(({ problems }) => problems)].filter(
  ({ severity }) => severity === 'error',
);
const codes = [...new Set(errors.map(({ code }) => code))].join(', ');
const told = `${units.length} units${codes === '' ? '' : `: ${codes}`}`;
process.stdout.write(`${JSON.stringify({ cpuMs: (user + system) / 1000, told })}\n`);
