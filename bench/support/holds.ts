// The check of bench/parallel.ts: whether all that a unit's change asks for is there. node bench/support/holds.ts NEEDS
import { existsSync, readFileSync } from 'node:fs';
import { holds, type Need } from './change-texts.ts';

const needs = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Need[];
const read = (name: string): string | null => (existsSync(name) ? readFileSync(name, 'latin1') : null);
const missing = needs.filter((need) => !holds(need, read));
for (const { paths } of missing) process.stdout.write(`${paths.join(' or ')} is not as it should be\n`);
if (missing.length > 0 || needs.length === 0) process.exitCode = 1;
