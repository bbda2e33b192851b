import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const pages = globSync(['*.md', 'docs/*.md'], { cwd: root }).toSorted();

/** The text without fenced blocks. */
function prose(page: string): string {
  return readFileSync(path.join(root, page), 'utf8').replace(/^```[^]*?^```$/gm, '');
}

/** The anchors of a page: its headings as hosts of code name them, and those that it sets itself. */
function anchors(page: string): Set<string> {
  const text = prose(page);
  const headings = Array.from(text.matchAll(/^#+ (.+)$/gm), ([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set([...headings, ...Array.from(text.matchAll(/<a id="([^"]+)">/g), ([, id = '']) => id)]);
}

test.each(pages)('each link of %s leads somewhere inside of the project', (page) => {
  const broken = Array.from(prose(page).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link).filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [file = '', anchor] = link.split('#');
    const to = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
    if (to.startsWith('..') || !existsSync(path.join(root, to))) return true;
    return anchor !== undefined && (!statSync(path.join(root, to)).isFile() || !anchors(to).has(anchor));
  });
  expect(broken).toEqual([]);
});
