import { Cores } from '../../src/util/process/cores.ts';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Budget, Order } from '../../src/model/agent.ts';
import { attemptId, idFromKey } from '../../src/model/ids.ts';
import { handleOf } from '../../src/engine/boxes/handle.ts';
import { createLauncher } from '../../src/sandbox/launcher.ts';
import { noTier } from '../../src/sandbox/none.ts';

export const freeBudget: Budget = { isCapped: false, reserve: () => ({ settle: () => {} }), isRunningOut: () => false };

/** An order for an agent, in a workspace below `folder`, with the real launcher. */
export function order(folder: string, more: Partial<Order> = {}): Order {
  const launcher = createLauncher({
    tier: noTier,
    maxCommandMs: 60_000,
    searchPath: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
  });
  const box = {
    workspace: path.join(folder, 'ws'),
    scratch: path.join(folder, 'scratch'),
    mark: `test-${path.basename(folder)}`,
  };
  mkdirSync(box.workspace, { recursive: true });
  mkdirSync(path.join(box.scratch, 'home'), { recursive: true });
  mkdirSync(path.join(box.scratch, 'tmp'), { recursive: true });
  return {
    name: 'u.1-builder',
    unit: idFromKey('u'),
    attempt: attemptId(idFromKey('u'), 1),
    attemptNumber: 1,
    role: 'builder',
    brief: { shared: 'How to work.', own: 'Do it.' },
    workspace: handleOf({ launcher, cores: new Cores() }, box, idFromKey('u'), (why) => {
      throw new Error(why);
    }),
    access: 'write',
    tools: null,
    offers: [],
    answerSchema: null,
    model: null,
    effort: 'high',
    limits: { turns: 20, timeMs: 30_000, idleMs: 10_000 },
    budget: freeBudget,
    takeWords: () => [],
    onHeld: () => {},
    lens: null,
    sessionNumber: 1,
    session: null,
    ...more,
  };
}
