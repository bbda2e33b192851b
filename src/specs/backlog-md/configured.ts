import { z } from 'zod';
import { parseYaml } from '../text/front-matter.ts';
import type { Source } from '../text/source.ts';
import { type Statuses, statusesOf } from './statuses.ts';

/** The statuses of a project's configuration; those of the program without one. */
export function configured(config: Source | undefined): Statuses {
  const known = z.object({
    statuses: z.array(z.string()).catch([]),
    default_status: z.string().nullable().catch(null),
  });
  const { value } =
    config === undefined
      ? { value: null }
      : parseYaml({ source: config, yaml: config.text.replace(/^\uFEFF/, ''), yamlOffset: 0, schema: known });
  return statusesOf(value?.statuses ?? [], value?.default_status ?? null);
}
