import { expect, test } from 'vitest';
import type { RunId } from '../../src/model/ids.ts';
import type { Report } from '../../src/model/report.ts';
import { openForReading } from '../../src/queue/database.ts';
import { runSpending } from '../../src/queue/budget.ts';
import { readSince } from '../../src/queue/events.ts';
import { nothingKnown } from '../../src/report/live/known.ts';
import { liveLines, nothingChosen } from '../../src/report/live/view.ts';
import { plainText } from '../../src/report/line.ts';
import { reduce } from '../../src/report/reduce.ts';
import { emptyRunState } from '../../src/report/run-state.ts';
import { byTurns } from '../support/by-turns.ts';
import { numbers } from '../support/numbers.ts';
import { fileUnit, scripted, TestProject, writeFile } from '../support/project.ts';

/*
 * What a run costs is one number, wherever it is read: from its events (the live view), from the database, and from its
 * report in each format.
 */

const look = { columns: 100, rows: 24, isUtf8: true, now: 0, keys: '' };

test.each(byTurns([1, 2, 3, 4, 5, 6], 2))(
  'live view, database and reports agree to the cent, whatever agents cost (%i)',
  async (seed) => {
    const random = numbers(seed);
    // Halves of a cent and millionths, where sums of roundings part from the rounding of the sum.
    const prices = Array.from(
      { length: 4 },
      () => Math.round(random() * 400) * 0.005 + Math.round(random() * 9) * 1e-6,
    );
    const names = Array.from({ length: 7 }, (_, at) => `u${at}`);
    const fails = names.filter(() => random() < 0.3);
    const agents = Object.fromEntries(
      prices.map((costUsd, at) => [`a${at}`, { type: 'command', command: writeFile, costUsd }]),
    );
    const script = { type: 'command', command: 'true', costUsd: prices[0] };
    const it = TestProject.make({
      ...scripted('', { agents: { ...agents, script }, limits: { attempts: 2, maxAgents: 3 } }),
      ...Object.assign(
        {},
        ...names.map((name, at) => fileUnit(name, [`agent: ${fails.includes(name) ? 'script' : `a${at % 4}`}`])),
      ),
    });
    const ended = await it.backlog('run');
    expect(ended.code).toBe(fails.length > 0 ? 1 : 0);
    const report = JSON.parse((await it.backlog('report', '--json')).stdout) as Report;
    const database = openForReading(it.state);
    if (database === null) throw new Error('there is no queue');
    const spent = runSpending(database, report.run.id as RunId).spentMicroUsd;
    const state = [...readSince(database, report.run.id as RunId, 0)].reduce(reduce, emptyRunState());
    database.close();
    const micro = (usd: number | null): number => Math.round((usd ?? Number.NaN) * 1e6);
    const costs = JSON.parse((await it.backlog('costs', '--json')).stdout) as { usd: number };
    expect(spent).toBeGreaterThan(0);
    expect({
      events: state.money.spentMicroUsd,
      report: micro(report.totals.costUsd),
      units: report.units.reduce((sum, { costUsd }) => sum + micro(costUsd), 0),
      attempts: micro(report.totals.spent.building + report.totals.spent.repairs + report.totals.spent.reviews),
      costs: micro(costs.usd),
    }).toEqual({ events: spent, report: spent, units: spent, attempts: spent, costs: spent });

    const text = `$${(spent / 1e6).toFixed(2)}`;
    const live = liveLines(state, nothingKnown, nothingChosen, look).map(plainText);
    const formats = ['markdown', 'html', 'github'].map(async (format) => it.backlog('report', '--format', format));
    const texts = [ended.stdout, ...(await Promise.all(formats)).map(({ stdout }) => stdout)];
    expect([
      live[2]?.trim().split(/ {3,}/).at(-1),
      ...texts.map((one) => one.replaceAll('\\', '').includes(text)),
    ]).toEqual([...[text, true, true, true, true]]);
  },
);
