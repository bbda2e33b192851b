import { z } from 'zod';
import { configSchema } from '../../model/config.ts';
import { layShown } from './shown-files.ts';

/** The `$schema` of a configuration: a file beside it, which needs no network. */
export const schemaPath = './.backlog/config.schema.json';

/** Writes this version's configuration schema for editors. */
export async function laySchema(specsFolder: string): Promise<void> {
  const schema = z.toJSONSchema(configSchema, { io: 'input' });
  await layShown(specsFolder, 'config.schema.json', `${JSON.stringify(schema, null, 2)}\n`);
}
