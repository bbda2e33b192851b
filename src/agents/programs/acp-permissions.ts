import type { RequestPermissionRequest, RequestPermissionResponse } from '@agentclientprotocol/sdk';
import type { Order } from '../../model/agent.ts';

/**
 * What an ACP agent is answered when it asks whether it may: the sandbox holds it, so the configuration decides, and who
 * only reads is refused to write.
 */
export function permitted(
  { options, toolCall }: RequestPermissionRequest,
  access: Order['access'],
  permissions: 'allow' | 'reject',
): RequestPermissionResponse {
  const isReading = ['read', 'search', 'think'].includes(toolCall.kind ?? '');
  const isOurs = /backlog/.test(toolCall.title ?? '');
  const isAllowed = access === 'read' ? isReading || isOurs : permissions === 'allow';
  const kinds = isAllowed ? ['allow_always', 'allow_once'] : ['reject_once', 'reject_always'];
  const chosen = kinds.flatMap((kind) => options.find((option) => option.kind === kind) ?? [])[0];
  return { outcome: chosen ? { outcome: 'selected', optionId: chosen.optionId } : { outcome: 'cancelled' } };
}
