import { z } from 'zod';
import { configSchema } from '../../model/config.ts';
import { layShown } from './shown-files.ts';

/** How a configuration names its schema: a file beside it that needs no network, whatever language the project has. */
export const schemaPath = './.backlog/config.schema.json';

/** Lays the schema of the configuration where editors find it; it is that of this very version. */
export async function laySchema(specsFolder: string): Promise<void> {
  const schema = z.toJSONSchema(configSchema, { io: 'input' });
  await layShown(specsFolder, 'config.schema.json', `${JSON.stringify(schema, null, 2)}\n`);
}
