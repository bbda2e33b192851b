/** A file of the format. */
export interface Place {
  readonly file: string;
  readonly kind: 'story' | 'epics' | 'other';
  /** The `sprint-status.yaml` that tracks it; null without one. */
  readonly sprint: string | null;
}

const sprintName = 'sprint-status.yaml';
const inOutput = /(?:^|\/)(?:_bmad-output|_bmad|(?:implementation|planning|sprint)-artifacts)\//i;
const inStories = /(?:^|\/)(?:stories|(?:implementation|sprint)-artifacts)\/(?:[^/]+\/)*[^/]+$/i;
const inEpics = /(?:^|\/)(?:prd|epics|docs|planning-artifacts|_bmad-output)\/(?:epics\/)?[^/]+$/i;
/** `1.2.story.md`, `1.2.login.story.md`, `story-1.2.md`, `story-1-2-login.md`. */
const storyName = /^(?:\d+[.-]\d+[a-z]?(?:[.-][^/]*)?\.story|story[-_.]\d+[.-]\d+[^/]*)\.md$/i;
/** `1-2-login.md` and `1.2-login.md`, which other files could be named, too. */
const numberName = /^\d+[.-]\d+[a-z]?[.-][^/]*\.md$/i;
const specName = /^(?:tech-)?spec-[^/]*\.md$/i;
const epicsName = /^(?:epics(?:[-_.][^/]*)?|epic[-_.]?\d[^/]*)\.md$/i;
const besides = /^epic[-_.]?\d+[a-z]?[-_.](?:retro|context)/i;

/** The format's files among paths, without the trackers. */
export function placesOf(paths: readonly string[]): Place[] {
  const trackers = new Set(paths.filter((path) => nameOf(path) === sprintName).map(folderOf));
  const epics = paths.filter((path) => isEpics(path));
  const shards = new Set(epics.map(folderOf));
  return paths.flatMap((file): Place[] => {
    if (!/\.md$/i.test(file)) return [];
    const sprint = trackerOf(file, trackers);
    if (isStory(file, sprint)) return [{ file, kind: 'story', sprint }];
    if (isEpics(file)) return [{ file, kind: 'epics', sprint: sprint ?? besidePlans(file, trackers) }];
    const isShard = /(?:^|\/)(?:prd|epics)$/i.test(folderOf(file)) && shards.has(folderOf(file));
    return inOutput.test(file) || isShard || besides.test(nameOf(file)) ? [{ file, kind: 'other', sprint: null }] : [];
  });
}

/** The trackers among paths that have something to track, or lie among the format's own files. */
export function trackersOf(paths: readonly string[]): string[] {
  const used = new Set(placesOf(paths).map(({ sprint }) => sprint));
  return paths.filter((path) => nameOf(path) === sprintName && (used.has(path) || inOutput.test(path)));
}

function isStory(file: string, sprint: string | null): boolean {
  const name = nameOf(file);
  if (storyName.test(name))
    return /\.story\.md$/i.test(name) || inStories.test(file) || inOutput.test(file) || sprint !== null;
  const isAmong = inStories.test(file) || inOutput.test(file);
  if (numberName.test(name)) return isAmong || sprint !== null;
  return specName.test(name) && ((isAmong && !/(?:^|\/)planning-artifacts\//i.test(file)) || isBeside(file, sprint));
}

function isBeside(file: string, sprint: string | null): boolean {
  return sprint !== null && folderOf(sprint) === folderOf(file);
}

function isEpics(file: string): boolean {
  const name = nameOf(file);
  if (!epicsName.test(name) || besides.test(name)) return false;
  return /^epics\.md$/i.test(name) || inEpics.test(file) || inOutput.test(file);
}

/** The nearest tracker in the file's folder or above. */
function trackerOf(file: string, trackers: ReadonlySet<string>): string | null {
  for (let folder = folderOf(file); ; folder = folderOf(folder)) {
    if (trackers.has(folder)) return folder === '' ? sprintName : `${folder}/${sprintName}`;
    if (folder === '') return null;
  }
}

/** The tracker in the folder of stories that is beside the one with epics. */
function besidePlans(file: string, trackers: ReadonlySet<string>): string | null {
  const folder = folderOf(file).replace(/(^|\/)planning-artifacts(?:\/.*)?$/i, '$1implementation-artifacts');
  return folder !== folderOf(file) && trackers.has(folder) ? `${folder}/${sprintName}` : null;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** The name of a file without its folder. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function isRetrospective(file: string): boolean {
  return /(?:^|\/)epic-\d+[a-z]?-retro[^/]*$/i.test(file);
}
