import { expect, test } from 'vitest';
import { criteriaHash } from '../../../src/specs/format/draft.ts';
import { parseGroup } from '../../../src/specs/format/parse-group.ts';
import { groupsOf } from '../../../src/specs/formats/formats.ts';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';

async function ticked(front: string): Promise<string | null> {
  const text = `---\nid: task-1\ntitle: A\n${front}\n---\n\n## Acceptance Criteria\n\n- [ ] #1 One\n`;
  const sources = [{ file: 'tasks/task-1 - A.md', text }];
  const [group] = await groupsOf(sources);
  const [draft] = group === undefined ? [] : parseGroup(group).drafts;
  if (draft === undefined) return null;
  const hash = criteriaHash(draft.criteria.map(({ criterion }) => criterion));
  const [source] = await tickUnit(sources, { key: draft.key, criteriaHash: hash });
  if (source === undefined) return null;
  const [again] = (await groupsOf([source])).flatMap((one) => parseGroup(one).drafts);
  return again?.isDone === true && again.key === draft.key ? source.text : 'damaged';
}

test('a status is set in its own place', async () => {
  expect(await ticked('status: To Do')).toContain('\nstatus: Done\n');
  expect(await ticked("status: 'To Do' # later")).toMatch(/\nstatus: .*Done/);
});

test.each(['"status": To Do', "'status': To Do", 'status : To Do', 'status: >-\n  To Do', 'status:\n  To Do'])(
  'where the status is written as %s, the file is done afterwards, or stays as it is',
  async (front) => {
    expect(await ticked(front)).not.toBe('damaged');
  },
);
