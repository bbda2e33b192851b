import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Budget, Order } from '../../src/model/agent.ts';
import { attemptId, idFromKey } from '../../src/model/ids.ts';
import { createLauncher } from '../../src/sandbox/launcher.ts';

export const freeBudget: Budget = { isCapped: false, reserve: () => ({ settle: () => {} }) };

/** An order for an agent, in a workspace below `folder`, with the real launcher. */
export function order(folder: string, more: Partial<Order> = {}): Order {
  const launcher = createLauncher({
    tier: 'none',
    allowUnsandboxed: true,
    maxCommandMs: 60_000,
    searchPath: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
  });
  const box = {
    workspace: path.join(folder, 'ws'),
    scratch: path.join(folder, 'scratch'),
    mark: `test-${path.basename(folder)}`,
  };
  mkdirSync(box.workspace, { recursive: true });
  return {
    unit: idFromKey('u'),
    attempt: attemptId(idFromKey('u'), 1),
    attemptNumber: 1,
    role: 'builder',
    brief: { shared: 'How to work.', own: 'Do it.' },
    workspace: {
      path: box.workspace,
      scratch: box.scratch,
      exec: (command, options) => launcher.run(box, command, options),
    },
    access: 'write',
    answerSchema: null,
    model: null,
    effort: 'high',
    limits: { turns: 20, timeMs: 30_000, idleMs: 10_000 },
    budget: freeBudget,
    sessionNumber: 1,
    session: null,
    ...more,
  };
}
