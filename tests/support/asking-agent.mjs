// Asks a model again and again, whatever it hears, and fails: node asking-agent.mjs TIMES
const { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key } = process.env;
const headers = { 'x-api-key': key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
const body = JSON.stringify({ model: 'claude-opus-5-5', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] });
for (let left = Number(process.argv[2]); left > 0; left--)
  await fetch(`${url}/v1/messages`, { method: 'POST', headers, body });
process.exitCode = 1;
