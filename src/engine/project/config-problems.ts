import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { builtInNames } from '../../agents/configured/back-ends.ts';
import type { Config } from '../../model/config.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { isBranchName } from '../../repo/refs/branch.ts';
import { suggest } from '../../util/text/suggest.ts';
import { own } from '../../util/values/own.ts';
import type { Project } from './project.ts';
import { specsHome } from './specs-home.ts';

/** Configured values that a command's flag overrides. */
export type Overridden = readonly ('agent' | 'into')[];

/**
 * Errors of a configuration beyond its form: an unknown agent, an invalid branch, a missing target or place. Checks the written
 * configuration, also without the user's consent.
 */
export async function configProblems(project: Project, overridden: Overridden = []): Promise<Diagnostic[]> {
  const { asker, written, configBase, consent } = project;
  const bad = (code: string, at: string, message: string, hint: string): Diagnostic => ({
    ...{ severity: 'error', code, message: `"${at}": ${message}`, hint },
    ...consent.where(at),
  });
  const problems: Diagnostic[] = [];
  const known = [...new Set([...Object.keys(written.agents), ...builtInNames])];
  for (const { at, agent } of namedAgents(written)) {
    if ((at === 'agent' && overridden.includes('agent')) || own(written.agents, agent) || builtInNames.includes(agent))
      continue;
    const similar = suggest(agent, known);
    const hint = similar === null ? `There are: ${known.join(', ')}.` : `Did you mean "${similar}"?`;
    problems.push(bad('unknown-agent', at, `there is no agent "${agent}"`, hint));
  }
  if (!overridden.includes('into') && !(await isBranchName(written.into)))
    problems.push(
      bad(
        'bad-branch',
        'into',
        `${JSON.stringify(written.into)} is not a valid branch name`,
        'A name is as "backlog/next", without blanks, "..", "~", "^", ":" and "\\".',
      ),
    );
  const target = path.resolve(configBase, written.target);
  const found = statSync(target, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true)
    problems.push(
      bad(
        'no-target',
        'target',
        `${target} ${found ? 'is not a folder' : 'does not exist'}`,
        'Name the folder of the repository that is to be changed, relative to this file.',
      ),
    );
  const { part } = specsHome(project.named);
  const places = (asker.only ?? []).length > 0 || part !== null ? [] : written.only;
  for (const [index, place] of places.entries())
    if (!existsSync(path.join(project.folder, place)))
      problems.push(
        bad(
          'no-place',
          `only.${index}`,
          `there is no file or folder ${place} in ${project.folder}`,
          'Name places relative to the specs folder, or leave it out to read all of it.',
        ),
      );
  return problems;
}

/** All places of a configuration that name an agent. */
function namedAgents({ agent, roles, rules, recipes }: Config): { readonly at: string; readonly agent: string }[] {
  const ofRoles = (all: Config['roles'], at: string): [string, string | undefined][] =>
    Object.entries(all).map(([role, settings]) => [`${at}.${role}.agent`, settings?.agent]);
  const named: [string, string | undefined][] = [
    ['agent', agent],
    ...ofRoles(roles, 'roles'),
    ...rules.flatMap((rule, index) => ofRoles(rule.roles, `rules.${index}.roles`)),
    ...Object.entries(recipes).flatMap(([name, { scouts }]) =>
      scouts.map((scout, index): [string, string | undefined] => [
        `recipes.${name}.scouts.${index}.agent`,
        scout.agent,
      ]),
    ),
  ];
  return named.flatMap(([at, name]) => (name === undefined ? [] : [{ at, agent: name }]));
}
