import { cpSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { digestFile, digestOf, programDigest } from '../../../src/engine/project/program.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

test('a digest of a folder changes with names and contents of its files, and not with their times', () => {
  const folder = temporaryFolder();
  const files = { 'a.js': 'a', 'parts/b.js': 'b' };
  const digestWith = (more: Readonly<Record<string, string>>, changed: () => void = () => undefined): string => {
    rmSync(folder, { recursive: true });
    writeFiles(folder, { ...files, ...more });
    changed();
    return digestOf(folder);
  };
  const plain = digestWith({});
  expect(digestWith({}, () => utimesSync(path.join(folder, 'a.js'), 1, 1))).toBe(plain);
  const others = [
    digestWith({ 'a.js': 'A' }),
    digestWith({ 'parts/b.js': 'B' }),
    digestWith({ 'c.js': '' }),
    digestWith({}, () => rmSync(path.join(folder, 'a.js'))),
  ];
  expect(new Set([plain, ...others]).size).toBe(5);
});

test('the built program has the digest of its files, and the sources that of the readers', () => {
  const dist = path.resolve(import.meta.dirname, '../../../dist');
  const folder = temporaryFolder();
  cpSync(dist, folder, { recursive: true });
  rmSync(path.join(folder, digestFile));
  expect(readFileSync(path.join(dist, digestFile), 'utf8')).toBe(`${digestOf(folder)}\n`);
  expect(programDigest()).toBe(digestOf(path.resolve(import.meta.dirname, '../../../src/specs')));
});
