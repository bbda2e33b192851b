/** Folders of migrations, with the folder above where the name alone says too little. */
const folders: readonly { readonly name: RegExp; readonly above?: RegExp }[] = [
  { name: /^migrations?$/i },
  { name: /^migrate$/i, above: /^db$/i },
  { name: /^versions$/i, above: /^alembic$/i },
  { name: /^changelog$/i, above: /^(?:db|liquibase)$/i },
];

/** What is about migrations without being one. */
const aside = /^(?:docs?|documentation|guides?|tests?|__tests__|spec|fixtures|node_modules)$/i;
const prose = /\.(?:md|mdx|markdown|rst|txt|adoc|html?)$/i;

/**
 * True for the path of a database migration, or a pattern that names a folder of them. A wildcard above such a folder does
 * not name it.
 */
export function isMigration(path: string): boolean {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.some((name) => aside.test(name)) || prose.test(path)) return false;
  return names.some((name, index) =>
    folders.some((folder) => folder.name.test(name) && (!folder.above || folder.above.test(names[index - 1] ?? ''))),
  );
}
