import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { byTurns } from '../support/by-turns.ts';
import { TestProject } from '../support/project.ts';

/* A backlog is the same from wherever it is named: the folder that is typed is not what decides the layout. */

interface Example {
  readonly files: Readonly<Record<string, string>>;
  /** Folders that are named, and from within which commands are typed. */
  readonly folders: readonly string[];
  /** The units: their keys, and whether they can run. */
  readonly units: readonly string[];
}

const story = `## User Scenarios & Testing

### User Story 1 - Lend (Priority: P1)

People lend books.

**Acceptance Scenarios**:

1. **Given** a book, **When** it is lent, **Then** it is gone
`;
const page = '# Product\n\n## Acceptance criteria\n\n- [ ] No work\n';
const examples: Readonly<Record<string, Example>> = {
  kiro: {
    files: {
      '.kiro/specs/later/requirements.md':
        '# Requirements\n\n### Requirement 1\n\n#### Acceptance Criteria\n\n1. WHEN a THEN b\n',
      '.kiro/specs/shelf/requirements.md':
        '# Requirements\n\n### Requirement 1\n\n#### Acceptance Criteria\n\n1. WHEN a THEN b\n',
      '.kiro/specs/shelf/tasks.md': '- [ ] 1. Make it\n  - _Requirements: 1.1_\n',
      '.kiro/steering/product.md': page,
    },
    folders: ['.kiro', '.kiro/specs'],
    units: ['later false', 'shelf.1 true'],
  },
  'one spec of Kiro': {
    files: { '.kiro/specs/shelf/tasks.md': '- [ ] 1. Make it\n  - a\n', '.kiro/steering/product.md': page },
    folders: ['.kiro', '.kiro/specs', '.kiro/specs/shelf'],
    units: ['shelf.1 true'],
  },
  'spec-kit': {
    files: {
      '.specify/memory/constitution.md': page,
      '.specify/specs/001-shelf/spec.md': `# Shelf\n\n${story}`,
      '.specify/specs/001-shelf/checklists/requirements.md': page,
    },
    folders: ['.specify', '.specify/specs', '.specify/specs/001-shelf'],
    units: ['001-shelf.us1 true'],
  },
  'task-master': {
    files: {
      '.taskmaster/config.json': '{ "models": {} }',
      '.taskmaster/docs/prd.md': page,
      '.taskmaster/tasks/tasks.json': '{"master":{"tasks":[{"id":1,"title":"Shelf","testStrategy":"It stands"}]}}',
    },
    folders: ['.taskmaster', '.taskmaster/tasks'],
    units: ['1 true'],
  },
  beads: {
    files: {
      '.beads/README.md': page,
      '.beads/issues.jsonl': '{"id":"bd-1","title":"Shelf","acceptance_criteria":"It stands","status":"open"}\n',
    },
    folders: ['.beads'],
    units: ['bd-1 true'],
  },
  openspec: {
    files: {
      'openspec/changes/lend/proposal.md': '# Lend\n\n## Why\n\nPeople read.\n',
      'openspec/changes/lend/tasks.md': '## 1. All\n\n- [ ] 1.1 Lend it\n',
      'openspec/project.md': page,
      'openspec/specs/shelf/spec.md': page,
    },
    folders: ['openspec', 'openspec/changes', 'openspec/changes/lend'],
    units: ['lend true'],
  },
  'backlog-md': {
    files: {
      'backlog/config.yml': 'statuses: ["To Do", "Done"]\n',
      'backlog/docs/guide.md': page,
      'backlog/tasks/task-7 - Shelf.md':
        '---\nid: task-7\ntitle: Shelf\nstatus: To Do\n---\n\n## Acceptance Criteria\n- [ ] #1 a\n',
    },
    folders: ['backlog', 'backlog/tasks'],
    units: ['task-7 true'],
  },
  'backlog-md with its settings at the root': {
    files: {
      'backlog.config.yml': 'statuses: ["Open", "Landed"]\n',
      'backlog/tasks/task-7 - Shelf.md':
        '---\nid: task-7\ntitle: Shelf\nstatus: Open\n---\n\n## Acceptance Criteria\n- [ ] #1 a\n',
      'backlog/tasks/task-8 - Door.md':
        '---\nid: task-8\ntitle: Door\nstatus: Landed\n---\n\n## Acceptance Criteria\n- [ ] #1 a\n',
    },
    folders: ['backlog', 'backlog/tasks'],
    units: ['task-7 true', 'task-8 false'],
  },
  bmad: {
    files: {
      '_bmad-output/implementation-artifacts/1-2-lend.md':
        '# Story 1.2: Lend\n\nStatus: ready-for-dev\n\n## Acceptance Criteria\n\n1. It is lent\n',
      '_bmad-output/planning-artifacts/brief.md': page,
    },
    folders: ['_bmad-output', '_bmad-output/implementation-artifacts'],
    units: ['1.2 true'],
  },
  plain: {
    files: { '.claude/epics/lend/12.md': '# Shelf\n\n## Acceptance Criteria\n\n- [ ] It stands\n' },
    folders: ['.claude', '.claude/epics', '.claude/epics/lend'],
    units: ['lend.12 true'],
  },
};
/** Features in a folder `specs`, which is found first. */
const features: Example = {
  files: {
    'specs/001-shelf/spec.md': `# Shelf\n\n${story}`,
    'specs/001-shelf/checklists/requirements.md': page,
    'specs/002-door/spec.md': `# Door\n\n${story}`,
    'specs/002-door/plan.md': '# Plan\n',
    'specs/002-door/tasks.md': '## Phase 1: Setup\n\n- [ ] T001 Make it\n',
  },
  folders: ['specs'],
  units: ['001-shelf.us1 true', '002-door.phase-1 true'],
};

interface Checked {
  readonly units: readonly { readonly id: string; readonly key: string; readonly runnable: boolean }[];
}

async function unitsOf(project: TestProject, ...args: readonly string[]): Promise<Checked['units']> {
  const { stdout } = await project.backlog(...args, '--json');
  const { units } = JSON.parse(stdout) as Checked;
  return units.map(({ id, key, runnable }) => ({ id, key, runnable })).toSorted((a, b) => a.key.localeCompare(b.key));
}

const shown = (units: Checked['units']): string[] => units.map(({ key, runnable }) => `${key} ${runnable}`);

describe('a backlog gives the same units from the root, by its own folder, and from inside', () => {
  test.each(byTurns(Object.entries({ ...examples, 'features in specs': features }), 2))(
    '%s',
    async (_name, example) => {
      const project = TestProject.make({ ...example.files, 'README.md': page, 'docs/guide.md': page });
      const units = await unitsOf(project, 'check');
      expect(shown(units)).toEqual(example.units);
      for (const folder of ['.', ...example.folders])
        expect([folder, await unitsOf(project, 'check', folder)]).toEqual([folder, units]);
      for (const folder of example.folders)
        expect([folder, await unitsOf(project, '-C', folder, 'check')]).toEqual([folder, units]);
    },
  );
});

test('a part of a backlog has its own units, as they are in the whole', async () => {
  const project = TestProject.make({ ...features.files, ...examples['kiro']?.files });
  expect(shown(await unitsOf(project, 'check', 'specs/001-shelf'))).toEqual(['001-shelf.us1 true']);
  expect(shown(await unitsOf(project, 'check', 'specs/002-door'))).toEqual(['002-door.phase-1 true']);
  expect(shown(await unitsOf(project, 'check', '.kiro/specs/shelf'))).toEqual(['shelf.1 true']);
  expect(shown(await unitsOf(project, 'check', '.kiro/specs/shelf/tasks.md'))).toEqual(['shelf.1 true']);
  expect(shown(await unitsOf(project, '-C', 'specs/001-shelf', 'check', 'spec.md'))).toEqual(['001-shelf.us1 true']);
  for (const none of ['specs/001-shelf/checklists', '.kiro/steering'])
    expect(await project.backlog('list', none)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`there is no spec in ${path.join(project.root, none)}`) as string,
    });
});

test('folders that only share a name with that of a tool are what they look like', async () => {
  const own = '# Own\n\n## Acceptance criteria\n\n- [ ] It is\n';
  const project = TestProject.make({
    'backlog/own.md': own,
    'openspec/own.md': own,
    'specs/001-own/spec.md': own,
    'specs/002-own/notes.md': own,
    'specs/003-own/requirements.md': own,
    'tools/.kiro/specs/a/tasks.md': '- [ ] 1. Make it\n  - a\n',
  });
  expect(shown(await unitsOf(project, 'check', 'backlog'))).toEqual(['own true']);
  expect(shown(await unitsOf(project, 'check', 'openspec'))).toEqual(['own true']);
  expect(shown(await unitsOf(project, 'check'))).toEqual([
    '001-own.spec true',
    '002-own.notes true',
    '003-own.requirements true',
  ]);
  expect(shown(await unitsOf(project, 'check', 'specs/001-own'))).toEqual(['spec true']);
  expect(shown(await unitsOf(project, 'check', 'tools'))).toEqual(['a.1 true']);
  expect(shown(await unitsOf(project, 'check', 'tools/.kiro'))).toEqual(['a.1 true']);
});

test('what is beside the folder that is named does not change how it is read', async () => {
  const own = '# Own\n\n## Acceptance criteria\n\n- [ ] It is\n';
  const project = TestProject.make({ '.specify/memory/constitution.md': page, 'specs/001-own/spec.md': own });
  expect(shown(await unitsOf(project, 'check'))).toEqual(['001-own.spec true']);
  expect(shown(await unitsOf(project, 'check', '.'))).toEqual(['specs.001-own.spec true']);
  expect(shown(await unitsOf(project, '-C', '.specify', 'check'))).toEqual(['001-own.spec true']);
  expect(await project.backlog('list', '.specify')).toMatchObject({ code: 2, stderr: /there is no spec in/ });
});

test('a tool’s folder with a configuration is read by itself', async () => {
  const project = TestProject.make({ ...examples['openspec']?.files, 'openspec/backlog.config.json': '{}' });
  expect(shown(await unitsOf(project, 'check', 'openspec'))).toEqual(['lend true']);
  expect(await project.backlog('doctor', 'openspec')).toMatchObject({
    stdout: expect.stringContaining(path.join(project.root, 'openspec/backlog.config.json')) as string,
  });
});

test('a part of a repository has a backlog of its own, which is found from inside', async () => {
  const project = TestProject.make({
    'packages/a/.kiro/specs/shelf/tasks.md': '- [ ] 1. Make it\n  - a\n',
    'packages/b/specs/own.md': '# Own\n\n## Acceptance criteria\n\n- [ ] It is\n',
  });
  mkdirSync(path.join(project.root, 'packages/a/src'), { recursive: true });
  for (const folder of ['packages/a', 'packages/a/src', 'packages/a/.kiro', 'packages/a/.kiro/specs/shelf'])
    expect([folder, shown(await unitsOf(project, '-C', folder, 'check'))]).toEqual([folder, ['shelf.1 true']]);
  expect(shown(await unitsOf(project, '-C', 'packages/b', 'check'))).toEqual(['own true']);
  expect(await project.backlog('list')).toMatchObject({ code: 2, stderr: /there is no specs folder here/ });
});

const kiro = { '.kiro/specs/shelf/tasks.md': '- [ ] 1. Make it\n  - a\n' };
const task = '---\nid: task-7\ntitle: Shelf\nstatus: To Do\n---\n\n## Acceptance Criteria\n- [ ] #1 a\n';

describe('without a specs folder, a unit is added where later commands read it', () => {
  const folders: readonly [
    name: string,
    files: Readonly<Record<string, string>>,
    args: readonly string[],
    said: string,
  ][] = [
    ['kiro', kiro, [], 'kiro'],
    ['openspec', examples['openspec']?.files ?? {}, [], 'openspec'],
    ['spec-kit', examples['spec-kit']?.files ?? {}, [], 'spec-kit'],
    ['backlog-md', { 'backlog/tasks/task-7 - Shelf.md': task }, ['--touches', 'src/**'], 'backlog-md'],
    ['todo', { 'TODO.md': '# To do\n\n1. Shelf\n2. Door\n' }, ['--priority', '1'], 'todo'],
    ['a file that is named', kiro, ['--spec', 'followups.md'], ''],
  ];
  test.each(byTurns(folders, 2))('%s', async (_name, files, args, said) => {
    const project = TestProject.make({ ...files, 'README.md': page });
    const before = await unitsOf(project, 'check');
    const added = await project.backlog('add', 'Sort it', '-c', 'It is sorted', ...args);
    expect(added).toEqual({
      code: 0,
      stderr: '',
      stdout: `added followups.sort-it in followups.md:3\n${
        said === '' ? '' : `The format of this folder (${said}) cannot take it, so it is a followup.\n`
      }`,
    });
    expect(shown(await unitsOf(project, 'check'))).toEqual([...shown(before), 'followups.sort-it true'].toSorted());
    expect((await project.backlog('list')).stdout).toContain('followups.sort-it');
    expect((await project.backlog('add', 'Sort more', '-c', 'More is sorted')).stdout).toContain('followups.md:');
  });
});

describe('followups in another spelling are added to, and hide nothing', () => {
  const one = '# Followups\n\n- [ ] Close it\n  - [ ] a\n';
  const other = one.replace('Close', 'Open');
  test.each<[name: string, files: Readonly<Record<string, string>>, file: string, keys: readonly string[]]>([
    ['FOLLOWUPS.md', { 'FOLLOWUPS.md': one }, 'FOLLOWUPS.md', []],
    ['FOLLOWUPS.md beside kiro', { ...kiro, 'FOLLOWUPS.md': one }, 'FOLLOWUPS.md', ['shelf.1 true']],
    ['specs/Followups.md', { 'specs/Followups.md': one }, 'specs/Followups.md', []],
    ['both spellings', { 'FOLLOWUPS.md': one, 'followups.md': other }, 'followups.md', ['followups.open-it true']],
  ])('%s', async (_name, files, file, keys) => {
    const project = TestProject.make(files);
    const before = ['followups.close-it true', ...keys];
    expect(shown(await unitsOf(project, 'check'))).toEqual(before.toSorted());
    expect((await project.backlog('add', 'Sort it', '-c', 'It is sorted')).stdout).toBe(
      `added followups.sort-it in ${file}:5\n`,
    );
    expect(shown(await unitsOf(project, 'check'))).toEqual([...before, 'followups.sort-it true'].toSorted());
  });
});

test('a unit for a tool’s folder that is named is added in it, and read from everywhere', async () => {
  const project = TestProject.make(kiro);
  expect((await project.backlog('add', 'Sort it', '-c', 'It is sorted', '-s', '.kiro/specs')).stdout).toContain(
    'in .kiro/specs/followups.md:3',
  );
  const all = ['kiro.specs.followups.sort-it true', 'shelf.1 true'];
  for (const args of [[], ['.kiro/specs'], ['.']]) expect(shown(await unitsOf(project, 'check', ...args))).toEqual(all);
});

test('a unit that nothing would read is not added', async () => {
  const project = TestProject.make({ ...kiro, 'docs/guide.md': page });
  const add = async (...args: readonly string[]): Promise<string> =>
    (await project.backlog('add', 'Sort it', '-c', 'It is sorted', ...args)).stderr;
  expect(await add('--spec', 'new.md')).toBe(
    `error: new.md would not be read, since only .kiro/specs, followups.md are [not-a-spec]
  Name a file there with --spec, or another specs folder.
`,
  );
  expect(await add('--spec', 'new.md', '-s', '.')).toBe(
    `error: new.md would be read as a page, not as a spec: native specs of a repository are in a folder "specs" [not-a-spec]
  Name a file there with --spec, such as specs/new.md, or give the unit a check or --touches.
`,
  );
  project.write({ 'backlog.config.json': '{ "formats": ["kiro"] }' });
  expect(await add()).toBe(
    `error: the format of this folder (kiro) cannot take this unit, and no other one is read here [takes-no-unit]
  Add "followups" to "formats" of the configuration: then it goes into followups.md.
`,
  );
  expect(await add('--spec', 'followups.md')).toBe(
    `error: followups.md would not be read, since only files of kiro are [not-a-spec]
  Name a file of these with --spec, or add its format to "formats" of the configuration.
`,
  );
  project.write({ 'backlog.config.json': '{ "ignore": ["followups.md"] }' });
  expect(await add()).toBe(
    `error: followups.md would not be read, since followups.md is ignored [not-a-spec]
  Name another file with --spec, or change "ignore" of the configuration.
`,
  );
});
