import { expect, test } from 'vitest';
import { touch } from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';

test('text of specs, agents and programs is shown, and never becomes markup, a link or an escape', async () => {
  const noise = "printf '```\\n# not a heading\\n<script>\\033[31mred\\033[0m\\n'";
  const project = TestProject.make({
    ...scripted('printf "\\033]0;evil\\007Click [here](http://evil) | <b>now</b>\\n"; exit 77'),
    'specs/a.md': spec(
      'A &lt;img src=x onerror=alert(1)&gt; # B',
      [],
      ['x — check: `test -f x`', '![image](http://evil/x.png) holds'],
    ),
    'specs/b.md': spec('B', ['agent: worker'], [`y — check: \`${noise}; exit 1\``]),
  });
  const config = JSON.parse(project.read('specs/backlog.config.json')) as { agents: object };
  project.write({
    'specs/backlog.config.json': JSON.stringify({
      ...config,
      limits: { attempts: 1 },
      agents: { ...config.agents, worker: { type: 'command', command: touch('b.txt') } },
    }),
  });
  await project.run(1);
  const report = (await project.backlog('report')).stdout;
  expect(report).not.toContain('\u001b');
  const body = report.slice(report.indexOf('## Not done'), report.indexOf('## What to do next'));
  expect(body.slice(0, body.indexOf('### B'))).toBe(`## Not done

### A &lt;img src=x onerror=alert(1)&gt; \\# B (a): blocked

The agent says that it cannot be done: Click \\[here\\](\`http://evil)\` \\| &lt;b&gt;now&lt;/b&gt;

1 attempt, 0 repairs, cost unknown.

`);
  // The output stands in a fence that is longer than any in it.
  expect(body).toContain('````text\n```\n# not a heading\n<script>red\n````');
});
