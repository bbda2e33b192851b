import { expect, test } from 'vitest';
import { Exclusive } from '../../src/plan/exclusive.ts';
import { isMigration } from '../../src/plan/migrations.ts';

test.each([
  ...['migrations/0001_init.sql', 'shop/migrations/0002_price.py', 'prisma/migrations/2026_a/migration.sql'],
  ...['db/migrate/20260101_add.rb', 'db/migrate/**', 'src/main/resources/db/migration/V1__a.sql'],
  ...['alembic/versions/1a.py', 'database/migrations/a.php', 'Data/Migrations/A.cs', 'src/migration/1-a.ts'],
  ...['db/migrations', './db/migrations/', '**/migrations/*.sql', 'db/changelog/1.xml', 'priv/repo/migrations/*.exs'],
])('%s is a migration', (path) => expect(isMigration(path)).toBe(true));

test.each([
  ...['docs/migrations/v2.md', 'docs/migration/index.html', 'src/migrations.md', 'guides/migration/v3.mdx'],
  ...['tests/migrations/a_test.py', 'src/migrate/run.ts', 'src/migrate.ts', 'versions/1.0.json', 'db/schema.sql'],
  ...['src/**', '**', 'db/*', 'immigration/form.ts', 'CHANGELOG.md', 'changelog/1.xml', ''],
])('%s is no migration', (path) => expect(isMigration(path)).toBe(false));

test('a unit needs the resource that it names, the exclusive paths that it may change, and the order of migrations', () => {
  const exclusive = new Exclusive(['db/schema.sql', 'api/**']);
  const namesOf = (own: string | null, ...touches: string[]): readonly string[] => exclusive.namesOf(own, touches);
  expect([
    namesOf(null),
    namesOf('gpu'),
    namesOf('gpu', 'src/**', 'api/v1.ts'),
    namesOf(null, 'db/**'),
    namesOf(null, 'db/migrations/*.sql', 'db/schema.sql'),
    namesOf('migrations', 'db/migrations/1.sql'),
  ]).toEqual([[], ['gpu'], ['gpu', 'api/**'], ['db/schema.sql'], ['migrations', 'db/schema.sql'], ['migrations']]);
});
