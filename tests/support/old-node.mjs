// Loaded before the door, this makes its Node an old one; nothing newer is looked for.
process.env.BACKLOG_REEXECUTED = '1';
Object.defineProperty(process.versions, 'node', { value: '18.20.0' });
