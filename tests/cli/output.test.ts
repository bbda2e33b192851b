import { expect, test } from 'vitest';
import { inert } from '../../src/cli/output.ts';

test.each([
  ['a command of GitHub', '::add-mask::x', '\\::add-mask::x'],
  ['one behind blanks, on a later line', 'a\n \t::error::x', 'a\n \t\\::error::x'],
  ['an older command', 'a ##[group]x', 'a #\\#[group]x'],
  ['a command of Azure', '##vso[task.setvariable]x', '#\\#vso[task.setvariable]x'],
  ['a command of TeamCity', '##teamcity[buildStop]', '#\\#teamcity[buildStop]'],
  ['a path of Rust stays', 'std::fs::read', 'std::fs::read'],
  ['a heading stays', '## Done', '## Done'],
  ['one colon stays', ': x', ': x'],
])('%s', (_name, text, expected) => expect(inert(text)).toBe(expected));
