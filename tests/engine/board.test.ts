import { expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { keepBrief, onUnit, send, write } from '../support/agent-script.ts';
import { fileUnit, scripted, statesOf, TestProject } from '../support/project.ts';

test('an agent is told what others noted before it, and who works beside it', async () => {
  const told = 'sed -n "/working on these units/,/<.data/p; /Notes from/,/<.data/p" "$BACKLOG_BRIEF" > b.txt';
  const it = TestProject.make({
    ...scripted([onUnit('a', send({ kind: 'note', text: 'Mind the gap.' }), write('a.txt', 'x')), onUnit('b', told)]),
    ...fileUnit('a'),
    ...fileUnit('b', ['depends: [a]']),
  });
  const ended = await it.backlog('run', 'specs', '--json');
  expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ a: 'done', b: 'done' });
  expect(it.landed('b.txt').replaceAll(/data-[0-9a-f]+/g, 'data')).toBe(
    'Notes from agents on other units:\n<data name="notes">\n- A: Mind the gap.\n</data>',
  );
  expect(ended.stderr).toContain('a: note: Mind the gap.\n');
});

test('who works at the same time is named, with what it changes', async () => {
  const it = TestProject.make({ ...scripted(keepBrief()), ...fileUnit('a'), ...fileUnit('b') });
  const ended = await it.backlog('run', 'specs', '--json');
  expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ a: 'done', b: 'done' });
  const others = (file: string): string | undefined =>
    /working on these units[^\n]*\n<data-\w+ name="others">\n(.*)\n/.exec(it.landed(file))?.[1];
  expect([others('a.txt'), others('b.txt')]).toEqual(['- B (changes b.txt)', '- A (changes a.txt)']);
});

test('what the project says to agents is told to all of a phase in the same words, though the branch moves on', async () => {
  const it = TestProject.make({
    ...scripted([keepBrief(), onUnit('a', write('AGENTS.md', 'Use spaces.'))], { phases: ['one', 'two'] }),
    'AGENTS.md': 'Use tabs.\n',
    'CLAUDE.md': 'Use tabs.\n',
    ...fileUnit('a', ['phase: one', 'priority: 1']),
    ...fileUnit('b', ['phase: one', 'depends: [a]']),
    ...fileUnit('c', ['phase: two']),
  });
  it.write({ 'specs/a.md': it.read('specs/a.md').replace('touches: [a.txt]', 'touches: [a.txt, AGENTS.md]') });
  it.commit('It may change what is said');
  const ended = await it.backlog('run', 'specs', '--json');
  expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ a: 'done', b: 'done', c: 'done' });
  const shared = (file: string): string => it.landed(file).split('You are the builder')[0] ?? '';
  const told = /<data-\w+ name="(\w+\.md)">\n([^<]*)<\/data/g;
  expect([...shared('a.txt').matchAll(told)].map((match) => match.slice(1))).toEqual([['AGENTS.md', 'Use tabs.\n']]);
  expect(shared('b.txt')).toBe(shared('a.txt'));
  expect([...shared('c.txt').matchAll(told)].map((match) => match.slice(1))).toEqual([
    ['AGENTS.md', 'Use spaces.\n'],
    ['CLAUDE.md', 'Use tabs.\n'],
  ]);
});

test('instructions that are too long are told as far as there is room, and that is said', async () => {
  const it = TestProject.make({
    ...scripted(keepBrief()),
    'AGENTS.md': `Use tabs.\n${'x'.repeat(49_990)}`,
    ...fileUnit('a'),
  });
  const ended = await it.backlog('run', 'specs', '--json');
  expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ a: 'done' });
  const told = /<data-\w+ name="AGENTS\.md">\n([^<]*)<\/data/.exec(it.landed('a.txt'))?.[1] ?? '';
  expect([told.slice(0, 10), told.slice(told.indexOf('\n['))]).toEqual([
    'Use tabs.\n',
    '\n[… 10000 characters more; read the file for the rest …]\n',
  ]);
});

test('the skills that a unit names are told to its agent', async () => {
  const it = TestProject.make({
    ...scripted(keepBrief()),
    '.claude/skills/tabs/SKILL.md': 'Use tabs.\n',
    ...fileUnit('a', ['skills: [tabs, missing]']),
  });
  const ended = await it.backlog('run', 'specs', '--json');
  expect(statesOf(JSON.parse(ended.stdout) as Report)).toEqual({ a: 'done' });
  const brief = it.landed('a.txt').replaceAll(/data-[0-9a-f]+/g, 'data');
  expect(brief).toContain(
    'The skill tabs of this project:\n<data name="tabs">\nUse tabs.\n</data>\n\nThe skill missing does not exist.',
  );
});
