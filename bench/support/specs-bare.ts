// What a cold sync is measured against: the same files, read and parsed. node bench/support/specs-bare.ts FOLDER
import { readdirSync, readFileSync } from 'node:fs';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';

const folder = `${process.argv[2] ?? ''}/specs`;
const processor = unified().use(remarkParse).use(remarkGfm).freeze();
const before = process.cpuUsage();

for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
  if (file.endsWith('.md')) processor.parse(readFileSync(`${folder}/${file}`, 'utf8'));
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${JSON.stringify({ cpuMs: (user + system) / 1000 })}\n`);
