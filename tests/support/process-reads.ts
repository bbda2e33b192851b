import { parseAst } from 'vitest/node';

/** What may be asked of the process and the machine by a room to which its asker is given. */
const harmless: Readonly<Record<string, readonly string[]>> = {
  process: ['execPath', 'getBuiltinModule', 'getuid', 'pid', 'version'],
  os: ['tmpdir'],
};

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/**
 * Where a source takes a folder, an environment, a stream or an account from the process that it runs in, by its syntax
 * tree: words in comments and strings are none. Each is told as it is written.
 */
export function processReads(text: string): string[] {
  const found: string[] = [];
  const visit = (node: Node, parent: Node | null): void => {
    if (isRead(node, parent)) found.push(text.slice(Number(node['start']), Number(node['end'])));
    for (const value of Object.values(node))
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, node);
  };
  visit(parseAst(text, { lang: 'ts' }) as unknown as Node, null);
  return found;
}

function isRead(node: Node, parent: Node | null): boolean {
  const module = nameOf(parent?.['source']).replace(/^node:/, '');
  switch (node.type) {
    case 'ImportDeclaration':
      return /^(?:node:)?process$/.test(nameOf(node['source']));
    case 'ImportSpecifier': {
      const name = nameOf(node['imported']);
      return (module === 'os' && !isHarmless('os', name)) || (module === 'path' && name === 'resolve');
    }
    case 'Identifier': {
      const name = nameOf(node);
      if (!Object.hasOwn(harmless, name) || parent?.['key'] === node || parent?.type.startsWith('Import') === true)
        return false;
      if (parent?.type !== 'MemberExpression') return true; // whole, as in `const { env } = process`
      if (parent['object'] === node) return !isHarmless(name, nameOf(parent['property']));
      return nameOf(parent['object']) === 'globalThis';
    }
    case 'CallExpression': {
      // One folder alone is resolved from the current one.
      const [callee, args] = [node['callee'] as Node, node['arguments'] as readonly Node[]];
      return nameOf(callee['object']) === 'path' && nameOf(callee['property']) === 'resolve' && args.length < 2;
    }
    default:
      return false;
  }
}

function isHarmless(module: string, name: string): boolean {
  return harmless[module]?.includes(name) === true;
}

function nameOf(node: unknown): string {
  if (!isNode(node)) return '';
  const name = node['name'] ?? node['value'];
  return typeof name === 'string' ? name : '';
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}
