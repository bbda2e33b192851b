import { aside, type Format, lazily } from '../format/format.ts';

/**
 * beads: an issue on each line of `.beads/issues.jsonl`, or another `.jsonl` file there. All files of `.beads` are claimed;
 * only these are read.
 */
export const beads: Format = {
  name: 'beads',
  hiddenFolders: ['.beads'],
  claim(paths) {
    const all = new Set(paths);
    // The specs folder may be `.beads` itself.
    const isInside = all.has('issues.jsonl') || all.has('beads.jsonl');
    const own = paths.filter((path) => inBeads.test(path) || (isInside && besideIssues.test(path)));
    const groups = Map.groupBy(own.filter(isList), (path) => path.replace(/[^/]*$/, ''));
    return [
      ...[...groups.values()].map((files) => files.toSorted((a, b) => rank(a) - rank(b))),
      ...own
        .filter((path) => !isList(path))
        .map((path) => aside(path, path.endsWith('.jsonl') ? 'logs and copies of issues' : undefined)),
    ];
  },
  anyOf: /\.jsonl$/i,
  howToAsk: 'Add "acceptance_criteria" to it, or "## Acceptance Criteria" with a list to its description',
  load: lazily(async () => (await import('./beads.ts')).reader),
};

const inBeads = /(?:^|\/)\.beads\//;
const besideIssues = /^(?:[^/]+\.jsonl|config\.ya?ml|metadata\.json|redirect)$/;

/** True for a list of issues, or of deleted ones; not for logs, backups and parts of a merge. */
function isList(path: string): boolean {
  const name = /^(?:(?:.*\/)?\.beads\/)?([^/]+)\.jsonl$/.exec(path)?.[1];
  return name !== undefined && !notIssues.test(name);
}

const notIssues =
  /^(?:interactions|events|audit|routes|memories|molecules|formulas|sync_base|export|config|comments)$|[._-](?:base|left|right|orig|new|old|bak|backups?|archived?|log)(?:[._-]?\d[\d._:T-]*Z?)?$/i;

function rank(path: string): number {
  const names = ['issues.jsonl', 'beads.jsonl', 'deletions.jsonl'];
  const at = names.indexOf(path.slice(path.lastIndexOf('/') + 1));
  return at < 0 ? 1.5 : at;
}
