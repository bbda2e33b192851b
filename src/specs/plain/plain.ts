import type { Parsed, Reader } from '../format/format.ts';
import { markdownReader } from '../format/markdown-reader.ts';
import type { Source } from '../text/source.ts';
import { isEpic, keyOf, type Kind, kindsIn, nameOf } from './layout.ts';
import { readPlan } from './plans.ts';
import type { Named } from './refs.ts';
import { readUnits } from './units.ts';

export const reader: Reader = {
  ...markdownReader(() => ({ drafts: [], diagnostics: [] })),
  parse(sources) {
    const kinds = kindsIn(sources.map(({ file }) => file));
    const tasks = sources.filter(({ file }) => !isEpic(file));
    const epic = sources.find(({ file }) => isEpic(file));
    const named = tasks.map(({ file }) => namedBy(file, kinds.get(file) ?? 'note'));
    const parsed = tasks.map((source, index): Parsed => {
      const kind = kinds.get(source.file) ?? 'note';
      const own = named[index] ?? namedBy(source.file, kind);
      const files = kind === 'epic-task' && epic ? [source.file, epic.file] : [source.file];
      if (kind === 'note') return notWork(source, 'documents');
      if (kind !== 'plan') return readUnits(source, { kind, own, neighbours: named, files });
      const idea = sources.filter(({ file }) => file !== source.file).map(({ file }) => file);
      return readPlan(source, own, [source.file, ...idea]);
    });
    const rest = tasks.length === 0 && epic ? [notWork(epic, 'documents')] : [];
    return {
      drafts: parsed.flatMap(({ drafts }) => drafts),
      diagnostics: parsed.flatMap(({ diagnostics }) => diagnostics),
      notWork: [...parsed, ...rest].flatMap(({ notWork: found }) => found ?? []),
    };
  },
};

function namedBy(file: string, kind: Kind): Named {
  const name = nameOf(file).replace(/(?:\.code-task)?\.md$/i, '');
  const number = /^(?:issue-|task-)?(\d+)(?![a-z])/i.exec(name)?.[1] ?? null;
  return { key: keyOf(file, kind), name, number };
}

function notWork({ file }: Source, why: string): Parsed {
  return { drafts: [], diagnostics: [], notWork: [{ file, line: 1, why }] };
}
