import { expect, test } from 'vitest';
import { isForeignFile } from '../../../src/specs/followups/foreign.ts';

test.each([
  '',
  '# Followups\n',
  '# Followups\n\nSmall things that we found.\n',
  '# Followups\n\n- [ ] Search\n',
  '# Followups\n\n## Site\n\n- [ ] Search\n  - [ ] it finds\n',
  '# Followups\n\n- Search\n  - depends: a\n  - it finds — check: `npm test`\n',
  '# Followups\n\n- Search\n  - [ ] it finds\n',
  '# Followups\n\n- [ ] Search\n  - depends: a\n\n## Done\n\n- [x] Sort\n',
])('this file is in our style: %j', (text) => {
  expect(isForeignFile({ file: 'followups.md', text })).toBe(false);
});

test.each([
  '# Follow-ups\n\n## Slow start\n\n- **Where:** a.ts\n- **Fix shape:** cache it\n',
  '# Follow-ups\n\n### 1. Slow start\n\nIt is.\n',
  '# Follow-ups\n\n## Slow start\n\nIt is.\n',
  '# Follow-ups\n\n- Commands that wait for the server\n- Others\n',
  '# Follow-ups\n\n- [ ] **Slow start.** It is.\n- [x] ~~Sort~~ dropped\n',
  '# Follow-ups\n\n- [ ] Slow start\n\n## Done\n\n- [x] Sort\n',
])('this file is in the style of another project: %j', (text) => {
  expect(isForeignFile({ file: 'FOLLOWUPS.md', text })).toBe(true);
});
