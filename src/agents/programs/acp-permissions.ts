import type { RequestPermissionRequest, RequestPermissionResponse } from '@agentclientprotocol/sdk';
import type { Order } from '../../model/agent.ts';

/**
 * The answer to an ACP agent's permission request. The sandbox confines the agent, so the configuration decides; orders
 * that only read refuse writes.
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
