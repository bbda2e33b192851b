import { guardOf } from '../units/guards.ts';
import type { Finding, Rule } from './rule.ts';

/** Finds criteria such as "All tests pass" that no configured check decides; with one, they have its command. */
export const guardWithoutCheck: Rule = {
  name: 'guard-without-check',
  severity: 'warning',
  about: 'criteria such as "All tests pass" without a command, where no check of the configuration decides them',
  find: ({ open }) =>
    open.flatMap((unit) =>
      unit.criteria.flatMap((criterion): Finding[] => {
        const guard = guardOf(criterion);
        if (guard === null) return [];
        const message = `no check of the configuration decides this: there is none called "${guard}"`;
        const hint = `Add its command to "checks" in backlog.config.json ("backlog doctor" proposes some), or write: check: \`…\`.`;
        return [{ unit, criterion, message, hint }];
      }),
    ),
};
