import { locate } from '../../src/model/diagnostic.ts';
import type { SpecDiagnostic } from '../../src/model/spec-rule.ts';
import type { ParsedCriterion } from '../../src/specs/format/criterion.ts';
import { derivedKey, type Draft, isTicked } from '../../src/specs/format/draft.ts';
import type { Format, Parsed, Reader } from '../../src/specs/format/format.ts';
import type { Source } from '../../src/specs/text/source.ts';
import { sha256 } from '../../src/util/values/hash.ts';

/*
 * A third format: `.toy/feature/NAME/plan.json` says what is to be done, and `feature/NAME/tasks.md` how far it is, in
 * lines like `c1: open` and `c1: finished`.
 */

interface Plan {
  readonly title: string;
  readonly after?: readonly string[];
  /** By the names that the tasks have them by. */
  readonly criteria: Readonly<Record<string, string>>;
}

const planOf = (tasks: string): string => `.toy/${tasks.replace(/tasks\.md$/, 'plan.json')}`;

export const toy: Format = {
  name: 'toy',
  hiddenFolders: ['.toy'],
  claim: (paths) => {
    const all = new Set(paths);
    return paths
      .filter((path) => /^feature\/[^/]+\/tasks\.md$/.test(path) && all.has(planOf(path)))
      .map((path) => [path, planOf(path)]);
  },
  load: () => Promise.resolve(reader),
};

const reader: Reader = {
  parse: (sources) => {
    const tasks = sources.find(({ file }) => file.endsWith('.md'));
    const plan = sources.find(({ file }) => file.endsWith('.json'));
    return tasks && plan ? parse(tasks, plan) : { drafts: [], diagnostics: [] };
  },
  looseMarks: () => [],
  segments: () => null,
};

function parse(tasks: Source, plan: Source): Parsed {
  let said: Plan;
  try {
    said = JSON.parse(plan.text) as Plan;
  } catch {
    const problem = { severity: 'error', code: 'spec-json', message: 'this is not JSON', file: plan.file } as const;
    return { drafts: [], diagnostics: [problem] };
  }
  const problems: SpecDiagnostic[] = [];
  const criteria = Object.entries(said.criteria).map(([name, text], position): ParsedCriterion => {
    const task = new RegExp(`(?<=^\uFEFF?)${name}: (open|finished)$`, 'm').exec(tasks.text);
    if (!task)
      problems.push({
        severity: 'error',
        code: 'unknown-criterion',
        message: `there is no task for ${name}`,
        file: plan.file,
      });
    const start = task ? task.index + name.length + 2 : 0;
    const isDone = task?.[1] === 'finished';
    const command = /check: `([^`]*)`/.exec(text)?.[1] ?? null;
    const place = locate(plan.text, plan.text.indexOf(`"${name}":`));
    return {
      criterion: {
        ...{ position, text, command, kind: command === null ? 'claim' : 'check', hash: sha256(text).slice(0, 16) },
        ...{ isTicked: task ? isDone : null, line: place.line, file: plan.file },
        ...(task ? { box: { file: tasks.file, line: locate(tasks.text, start).line } } : {}),
      },
      mark: task
        ? {
            file: tasks.file,
            start,
            end: start + (task[1] ?? '').length,
            isDone,
            done: 'finished',
            open: 'open',
            of: name,
          }
        : null,
      problems: [],
    };
  });
  const draft: Draft = {
    ...{ key: derivedKey(tasks.file.split('/')[1] ?? ''), isKeyExplicit: false, title: said.title },
    ...{ file: tasks.file, line: 1, files: [tasks.file, plan.file], body: '', problems, criteria },
    ...{ keys: { depends: [...(said.after ?? [])] }, marks: [], isDone: isTicked({ marks: [], criteria }) },
    where: () => ({ file: plan.file }),
  };
  return { drafts: [draft], diagnostics: [] };
}
