// Loaded before the command line, this makes a bug of it: an error that nothing in it expects.
process.on('newListener', (name) => {
  if (name === 'uncaughtException')
    setImmediate(() => {
      throw new Error('a slip');
    });
});
