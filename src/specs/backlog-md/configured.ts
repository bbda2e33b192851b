import { z } from 'zod';
import { parseYaml } from '../text/front-matter.ts';
import { oncePerText } from '../text/once-per-text.ts';
import type { Source } from '../text/source.ts';
import { type Statuses, statusesOf } from './statuses.ts';

const unconfigured = statusesOf([], null);

/** The statuses of a project's configuration; those of the program without one. */
export function configured(config: Source | undefined): Statuses {
  return config === undefined ? unconfigured : statusesIn(config);
}

const statusesIn = oncePerText((config) => {
  const schema = z.object({
    statuses: z.array(z.string()).catch([]),
    default_status: z.string().nullable().catch(null),
  });
  const { value } = parseYaml({
    source: config,
    yaml: config.text.replace(/^\uFEFF/, ''),
    yamlOffset: 0,
    isFile: true,
    schema,
  });
  return statusesOf(value?.statuses ?? [], value?.default_status ?? null);
});
