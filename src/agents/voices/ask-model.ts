import Anthropic from '@anthropic-ai/sdk';
import { inputError, ToldError } from '../../model/diagnostic.ts';
import { factsFrom, factsOf, type ModelFacts } from '../money/models.ts';
import { theirError } from '../provider/their-error.ts';
import { type Access, openClient } from './client.ts';

/** Milliseconds for asking about a model. */
const askModelMs = 10_000;

/**
 * Asks the provider for the facts of a model; defaults to the published ones. Throws an `InputError` for an unknown or
 * retired model, and for a refused key.
 */
export async function askModel(agent: string, model: string, access: Access): Promise<ModelFacts> {
  try {
    const info = await openClient(access).models.retrieve(model, null, { timeout: askModelMs, maxRetries: 0 });
    const facts = factsFrom(model, info, access.baseUrl);
    if (facts !== null) return facts;
    throw inputError('unknown-model', `the model "${model}" of agent "${agent}" is retired`, 'Name another one.');
  } catch (error) {
    const status: unknown = error instanceof Anthropic.APIError ? error.status : null;
    if (status === 404)
      throw inputError(
        'unknown-model',
        `the provider does not know the model "${model}" of agent "${agent}"`,
        'Check its name.',
      );
    if (status === 401 || status === 403)
      throw inputError('key-refused', `the provider refused the key of agent "${agent}" (${status})`, 'Check the key.');
    if (error instanceof ToldError) throw error;
    theirError(error);
    return factsOf(model, access.baseUrl); // no connection, or no such endpoint
  }
}
