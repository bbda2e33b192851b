// What one spec file takes by its shape: node bench/support/specs-one.ts SHAPE KILOBYTES
import { parseGroup } from '../../src/specs/format/parse-group.ts';
import { reader } from '../../src/specs/native/native.ts';
import { costlyShapes } from './costly-shapes.ts';

const make = costlyShapes.find(([name]) => name === process.argv[2])?.[1];
const text = make?.().slice(0, Number(process.argv[3]) * 1000) ?? '';
const before = process.cpuUsage();
const { drafts, diagnostics } = parseGroup({ reader, sources: [{ file: 'a.md', text }] });
const { user, system } = process.cpuUsage(before);
const told =
  diagnostics[0]?.message ?? `${drafts.length} units, ${drafts.flatMap(({ criteria }) => criteria).length} criteria`;
process.stdout.write(`${JSON.stringify({ cpuMs: (user + system) / 1000, told })}\n`);
