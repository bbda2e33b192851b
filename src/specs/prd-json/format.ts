import { aside, type Format, lazily } from '../format/format.ts';
import { folderOf, usualPlace, whyNoWork } from './places.ts';

/**
 * The `prd.json` of ralph loops, in any folder, also as `prd-<name>.json`. Files of the loop beside it are claimed; backups,
 * archives and templates are no work.
 */
export const prdJson: Format = {
  name: 'prd-json',
  hiddenFolders: ['.ralph', '.ralph-tui'],
  claim(paths) {
    const lists = paths.filter((path) => list.test(path) && !environments.test(path));
    const work = lists.filter((path) => whyNoWork(path) === null);
    // Usual places of the one list of a repository are read together, so that its keys stay short where there is one.
    const usual = work.filter((path) => usualPlace.test(path));
    const taken = new Set(lists);
    const folders = new Set(work.map(folderOf));
    const beside = paths.filter((path) => !taken.has(path) && folders.has(folderOf(path)) && isOfLoop(path));
    const alone = [
      ...lists
        .filter((path) => !usual.includes(path))
        .map((path) => {
          const why = whyNoWork(path) ?? (path.endsWith('.json') ? null : 'backups');
          return why === null ? [path] : aside(path, why);
        }),
      ...beside.map((path) => aside(path)),
    ];
    return usual.length === 0 ? alone : [usual, ...alone];
  },
  anyOf: /\.json$/i,
  howToAsk: 'Add "acceptanceCriteria" to it, a list of texts',
  load: lazily(async () => (await import('./prd-json.ts')).reader),
};

const list =
  /(?:^|\/)(?:prd(?:[-_.][^/]*)?\.json(?:\.[^/]*)?|[^/]*completed_prd\.json|feature_list\.json)$|(?:^|\/)(?:\.?ralph|tasks|plans|specs|prds?)\/[^/]+[-.]prd\.json$/;
/** In folders of settings, such a file is for the environment "production". */
const environments =
  /(?:^|\/)(?:config|configs|conf|env|envs|environments?|settings|values|deploy|deployment|helm|k8s|infra|terraform|parameters)\//i;

function isOfLoop(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return /(?:^|\/)\.?ralph\/[^/]+\.md$/.test(path) || /^(?:prompt\.md|(?:progress|activity)\.(?:md|txt))$/i.test(name);
}
