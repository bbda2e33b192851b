import type { Env } from '../../../util/files/home.ts';
import { existsSync, statSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { backEnds } from '../../../agents/configured/back-ends.ts';
import type { InstalledAgent } from '../../../agents/configured/installed.ts';
import { ToldError } from '../../../model/diagnostic.ts';
import { refused } from '../../../model/refusal.ts';
import type { UnitSpec } from '../../../model/unit.ts';
import { databaseName } from '../../../queue/database.ts';
import { findRepository, type Repository } from '../../../repo/git/repository.ts';
import { configName } from '../../../specs/config/config.ts';
import { followupsName } from '../../../specs/followups/format.ts';
import { findSpecs } from '../../../specs/units/walk.ts';
import type { Asker } from '../../context/asker.ts';
import { agentsHere } from '../../discovery/agents-here.ts';
import { openProject, openTarget, type Project, readProjectSpecs, refuseLinkOut } from '../../project/project.ts';
import { laySchema, schemaPath } from '../../project/shown-schema.ts';
import { resolved, statePlace } from '../../project/state-place.ts';
import { NotWritten, writeConfined } from '../../../util/files/confined-file.ts';
import { failpoint } from '../../../util/failpoint.ts';
import { own } from '../../../util/values/own.ts';
import type { Runner, Way } from '../../discovery/test-runner.ts';
import { findRunners } from '../../discovery/test-runners.ts';
import { type Meanwhile, verb } from '../verb.ts';
import { filesOf, notTried, type Tried, tryRunners } from '../../discovery/try-checks.ts';

/** What is asked on the way; without it tests are tried, and no agent is chosen. */
interface Talk {
  /** Asked before tests of the project run on HEAD, in the sandbox; false leaves them out. */
  readonly mayTry: (runners: readonly Runner[]) => Promise<boolean>;
  readonly onTry: (way: Way) => void;
  /** Asked which of the agents here is to work; null for none of them. */
  readonly choose: (agents: readonly InstalledAgent[]) => Promise<string | null>;
}

/** What is asked of `init`. Once its signal aborts, nothing more is tried, and nothing is made. */
interface InitRequest extends Meanwhile, Partial<Talk> {
  readonly asker: Asker;
  readonly folder: string;
  /** The agent that the configuration names; null: `choose` decides, else none is named. */
  readonly agent: string | null;
  readonly isTried: boolean;
  readonly allowUnsandboxed: boolean;
  /** True where other tools keep a backlog in the folder: only the configuration is made. */
  readonly hasBacklog: boolean;
}

/** What was made, what was there, and what was found. */
export interface Initialized {
  readonly kind: 'init';
  /** Absolute path. */
  readonly folder: string;
  /** Files, relative to the folder. */
  readonly made: readonly string[];
  readonly kept: readonly string[];
  /** Files of the folder that say nothing that could be shown: the configuration has them ignored. */
  readonly pages: readonly string[];
  /** What runs the project's tests, and what came of it. Those that are green are the configuration's checks. */
  readonly tests: readonly Tried[];
  /** Why tests were not looked for; null when they were. */
  readonly notLooked: string | null;
  readonly agents: readonly InstalledAgent[];
  /** The agent that a run takes when none is typed; null when it would find none. */
  readonly agent: string | null;
}

const exampleName = 'hello-file.md';
const exampleSpec = `---
id: hello-file
touches: ["hello.txt"]
---
# A file that says hello

This is an example of a spec: what is wanted and why, in plain words. Change it, or delete it.

## Acceptance criteria

- [ ] The file greets the world — check: \`grep -q "Hello, world" hello.txt\`
`;

/**
 * Makes a specs folder with a working configuration and an example. Existing files stay as they are. With a configuration
 * nothing is made, and the example is made only in a folder without other specs.
 */
export const init = verb(
  (z) =>
    z.strictObject({
      folder: z.string(),
      agent: z.string().nullable().default(null),
      isTried: z.boolean().default(true),
      allowUnsandboxed: z.boolean().default(false),
      hasBacklog: z.boolean().default(false),
    }),
  async (asker, input, talk: Meanwhile & Partial<Talk>) => makeSpecs({ asker, ...input, ...talk }),
);

async function makeSpecs(request: InitRequest): Promise<Initialized> {
  const { asker, folder } = request;
  const absolute = path.resolve(asker.folder, folder);
  if (existsSync(absolute) && !statSync(absolute).isDirectory()) throw refused('cannot-make', { folder, why: null });
  await refuseLinkOut(asker, folder);
  const there = await whatIsThere(absolute, asker.env);
  const isWorkedOn = there.specs.length > 0 || there.hasQueue;
  if (there.configuration === configName || (there.configuration !== null && isWorkedOn)) {
    await laySchema(absolute);
    const nothing = { pages: [], tests: [], notLooked: null, agents: [], agent: null };
    return { kind: 'init', folder: absolute, made: [], kept: [there.configuration], ...nothing };
  }
  const made = await makeFolder(absolute, folder);
  try {
    return await fill(request, absolute, there);
  } catch (error) {
    // What is in them stays.
    for (let at = absolute; made !== null && at.length >= made.length; at = path.dirname(at))
      await rmdir(at).catch(() => undefined);
    throw error;
  }
}

async function fill(
  request: InitRequest,
  absolute: string,
  there: Awaited<ReturnType<typeof whatIsThere>>,
): Promise<Initialized> {
  const { asker, folder } = request;
  const project = await openProject(asker, folder);
  const isConfigured = there.configuration !== null;
  const pages = isConfigured || there.hasQueue || request.hasBacklog ? [] : await pagesOf(project);
  // An example alone was left by an `init` that was killed.
  const isWorkedOn =
    there.specs.filter((file) => file !== exampleName).length > pages.length || there.hasQueue || request.hasBacklog;
  const { tests, notLooked } = isConfigured ? { tests: [], notLooked: null } : await lookAtTests(project, request);
  const agents = isConfigured ? [] : await agentsHere(project);
  const agent = request.agent ?? (isConfigured ? null : ((await request.choose?.(agents)) ?? null));
  request.signal.throwIfAborted();
  // The configuration last: where it is, the folder is set up.
  const files = {
    ...(isWorkedOn ? {} : { [exampleName]: exampleSpec, [followupsName]: '# Followups\n' }),
    ...(isConfigured
      ? {}
      : {
          [configName]: `${JSON.stringify(configuration(tests, agent === null ? {} : agentEntry(agent, asker.env), pages), null, 2)}\n`,
        }),
  };
  const made: string[] = [];
  const kept = [
    ...(there.configuration === null ? [] : [there.configuration]),
    ...(request.hasBacklog ? [] : there.specs),
  ];
  for (const [name, text] of Object.entries(files)) {
    failpoint(`init ${name}`);
    try {
      writeConfined(absolute, name, text, { isNew: true });
      made.push(name);
    } catch (error) {
      if (!(error instanceof NotWritten) || error.code !== 'EEXIST') throw error;
      kept.push(name);
    }
  }
  await laySchema(absolute);
  const usual = (asker.env['ANTHROPIC_API_KEY'] ?? '') === '' ? null : 'anthropic';
  return { kind: 'init', folder: absolute, made, kept, pages, tests, notLooked, agents, agent: agent ?? usual };
}

/** Makes a folder and those above it; returns the first that was made, null where all were there. */
async function makeFolder(absolute: string, folder: string): Promise<string | null> {
  try {
    return (await mkdir(absolute, { recursive: true })) ?? null;
  } catch (error) {
    throw refused('cannot-make', { folder, why: (error as NodeJS.ErrnoException).code ?? String(error) });
  }
}

/** Looks for the project's tests in HEAD, which is what a run starts from, and runs them there. */
async function lookAtTests(
  project: Project,
  { mayTry, onTry = () => {}, isTried, allowUnsandboxed, signal }: InitRequest,
): Promise<Pick<Initialized, 'tests' | 'notLooked'>> {
  let repository: Repository;
  try {
    repository = await openTarget(project);
  } catch (error) {
    if (!(error instanceof ToldError)) throw error;
    const [said] = error.diagnostics;
    return { tests: [], notLooked: `${said?.message ?? ''}. ${said?.hint ?? ''}`.trim() };
  }
  const runners = await findRunners(await filesOf(repository, repository.head), signal);
  if (runners.length === 0) return { tests: [], notLooked: null };
  if (!isTried || (await mayTry?.(runners)) === false)
    return { tests: runners.map((one) => notTried(one, 'not run')), notLooked: null };
  const tests = await tryRunners({ project, repository, runners, allowUnsandboxed, onTry, signal });
  return { tests, notLooked: null };
}

/** Pages that were there before anybody thought of specs: nothing in them has a criterion. */
async function pagesOf(project: Project): Promise<string[]> {
  const { units } = await readProjectSpecs(project, null);
  const isEmpty = (unit: UnitSpec): boolean => unit.problems.some(({ code }) => code === 'no-criteria');
  const used = new Set(units.filter((unit) => !isEmpty(unit)).map(({ file }) => file));
  const pages = new Set(units.filter(isEmpty).map(({ file }) => file));
  return [...pages].filter((file) => !used.has(file) && /^[\w./ -]+$/.test(file)).toSorted();
}

function configuration(tests: readonly Tried[], agent: object, pages: readonly string[]): object {
  const green = tests.filter(({ outcome }) => outcome === 'green');
  const setups = [...new Set(green.flatMap(({ setup }) => setup ?? []))];
  return {
    $schema: schemaPath,
    into: 'backlog/next',
    ...(pages.length === 0 ? {} : { ignore: pages }),
    ...agent,
    ...(setups.length === 0 ? {} : { setup: setups.join(' && ') }),
    checks: named(green),
  };
}

/**
 * The entry of an agent, with what it is only by this environment: where a subscription's token is all there is, the
 * configuration has to name that login, and the user has to agree to it.
 */
function agentEntry(agent: string, env: Env): object {
  const here = own(backEnds.builtIn(env), agent);
  const usual = new Map(Object.entries(own(backEnds.builtIn({}), agent) ?? {}));
  const differs = Object.entries(here ?? {}).filter(([key, value]) => !isDeepStrictEqual(value, usual.get(key)));
  const entry = { type: here?.type, ...Object.fromEntries(differs) };
  return { agent, ...(differs.length === 0 ? {} : { agents: { [agent]: entry } }) };
}

/** Checks by their names, each of its own. */
export function named(tests: readonly Pick<Tried, 'name' | 'command'>[]): Record<string, string> {
  const checks: Record<string, string> = {};
  for (const { name, command } of tests) {
    const names = [name, ...tests.map((_, index) => `${name}-${index + 2}`)];
    checks[names.find((one) => !Object.hasOwn(checks, one)) ?? name] = command;
  }
  return checks;
}

/** What a folder holds of a specs folder. */
async function whatIsThere(
  folder: string,
  env: Env,
): Promise<{
  /** The configuration that holds for it, relative to it; null for none. */
  readonly configuration: string | null;
  readonly specs: readonly string[];
  /** True when specs of this folder were worked on here. */
  readonly hasQueue: boolean;
}> {
  const real = resolved(folder);
  const root = (await findRepository(real, env))?.root ?? real;
  const found = [real, root].map((at) => path.join(at, configName)).find((file) => existsSync(file));
  return {
    configuration: found === undefined ? null : path.relative(real, found),
    specs: existsSync(real) ? findSpecs(real, { ignore: [] }).claims.flatMap(({ files }) => files) : [],
    hasQueue: existsSync(path.join(statePlace(real, env), databaseName)),
  };
}
