import { describe, expect, test } from 'vitest';
import { splitFrontMatter } from '../../../src/specs/text/front-matter.ts';

/** The YAML and the body of a text, both also by their offsets; or what is wrong. */
function split(text: string): readonly [yaml: string | null, body: string] | string {
  const found = splitFrontMatter({ file: 'a.md', text });
  if ('severity' in found) return found.code;
  const { yaml, yamlOffset, body, bodyOffset } = found;
  expect(text.slice(bodyOffset)).toBe(body);
  if (yaml !== null) expect(text.slice(yamlOffset, yamlOffset + yaml.length)).toBe(yaml);
  return [yaml, body];
}

describe('front matter is what stands between its fences', () => {
  test.each([
    ['---\nid: a\n---\n# A\n', ['id: a', '# A\n']],
    ['---\r\nid: a\r\n---\r\n# A\r\n', ['id: a', '# A\r\n']],
    ['\uFEFF---\nid: a\n---\n# A\n', ['id: a', '# A\n']],
    ['--- yaml\nid: a\n---\n# A\n', ['id: a', '# A\n']],
    ['---  \nid: a\n---\t \n# A\n', ['id: a', '# A\n']],
    ['---\nid: a\n---', ['id: a', '']],
    ['---\n---\n# A\n', ['', '# A\n']],
    ['---\n\nid: a\n\n---\n\n# A\n', ['\nid: a\n', '\n# A\n']],
    ['---\nid: a\n...\n# A\n', ['id: a', '# A\n']],
    ['---\nid: a\n...\n# A\n\n---\n\nB\n', ['id: a', '# A\n\n---\n\nB\n']],
    ['---\nid: a\n...\n---\n# A\n', ['id: a\n...', '# A\n']],
    ['---\nid: a\n---more\ntitle: b\n---\n# A\n', ['id: a\n---more\ntitle: b', '# A\n']],
    ['---\nid: a\n----\ntitle: b\n---\n# A\n', ['id: a\n----\ntitle: b', '# A\n']],
    ['---\nid: a\n---\n# A\n\n---\n', ['id: a', '# A\n\n---\n']],
    ['# A\n\n---\nid: a\n---\n', [null, '# A\n\n---\nid: a\n---\n']],
    ['----\nid: a\n---\n', [null, '----\nid: a\n---\n']],
    ['', [null, '']],
  ] as const)('%j', (text, expected) => {
    expect(split(text)).toEqual(expected);
  });

  test.each([
    ['---\nid: a\n', 'front-matter-open'],
    ['---\nid: a\n --- \n# A\n', 'front-matter-open'],
    ['---js\nprocess.exit(1)\n---\n', 'front-matter-language'],
    [`---\nid: a # ${'x'.repeat(40_000)}\n---\n`, 'front-matter-yaml'],
  ] as const)('%j is told', (text, expected) => {
    expect(split(text)).toBe(expected);
  });
});
