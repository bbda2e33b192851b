import path from 'node:path';
import { expect, test } from 'vitest';
import { Fleet } from '../../../src/engine/crew/fleet.ts';
import { configSchema } from '../../../src/model/config.ts';
import { uncapped } from '../../../src/queue/budget.ts';
import { temporaryFolder } from '../../support/project.ts';

test('an agent that two ask for at once is made once, however their turns meet', async () => {
  const folder = temporaryFolder();
  const program = { type: 'command', command: 'true' } as const;
  for (let turns = 0; turns < 12; turns++) {
    const fleet = await Fleet.gather({
      ...{ config: configSchema.parse({ agent: 'one', agents: { one: program, other: program } }), units: [] },
      ...{ configBase: folder, configRoot: folder, flag: null, env: {}, sessions: path.join(folder, 'sessions') },
      ...{ recordInto: null, caps: uncapped, isUnmetered: true, isOffline: false, askProgram: null },
      ...{ isReachable: () => true, isChanged: () => null },
    });
    const first = fleet.open('other');
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const second = fleet.open('other');
    expect([turns, (await first) === (await second)]).toEqual([turns, true]);
  }
});
