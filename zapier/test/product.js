'use strict';

// The running product these tests talk to (named by the environment), and a receiver as Zapier has one.

process.env.NODE_ENV = 'test'; // the platform then keeps its notes on memory to itself

const http = require('node:http');

const zapier = require('zapier-platform-core');

const App = require('../index');

const { CASEHUG_URL, CASEHUG_KEY, CASEHUG_RECEIVER_PORT } = process.env;
if (!CASEHUG_URL || !CASEHUG_KEY) throw new Error('Set CASEHUG_URL and CASEHUG_KEY (README.md says how).');

const tester = zapier.createAppTester(App);
const auth = { base_url: CASEHUG_URL, api_key: CASEHUG_KEY };

/** Run one function of the app as Zapier does. */
const run = (perform, { authData = auth, zap = '100', ...bundle } = {}) =>
  tester(perform, { inputData: {}, meta: { zap: { id: zap } }, ...bundle, authData });

/** Ask the product directly. */
const ask = async (path) => (await fetch(`${CASEHUG_URL}/api/v1/${path}`, { headers: { 'X-Api-Key': CASEHUG_KEY } })).json();

/** The values the API's description allows for a field of a shape. */
const choices = async (shape, field) => {
  const { schemas } = (await ask('schema?format=json')).components;
  const told = schemas[shape].properties[field];
  const [{ $ref: reference } = told] = told.allOf || told.oneOf || [told];
  return [...(reference ? schemas[reference.split('/').pop()] : told).enum].sort();
};

/** A server on loopback: `got` is what came, `answers` are used one by one and the last one stays. */
const receiver = async (port = 0) => {
  const made = { got: [], answers: [{ status: 200 }] };
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const answer = made.answers.length > 1 ? made.answers.shift() : made.answers[0];
      made.got.push({ method: request.method, path: request.url, headers: request.headers, body: Buffer.concat(parts).toString() });
      response.writeHead(answer.status, { 'Content-Type': 'application/json', Connection: 'close', ...answer.headers });
      response.end(answer.body || '{}');
    });
  });
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  server.unref(); // a failed test leaves nothing that keeps the others waiting
  made.url = `http://127.0.0.1:${server.address().port}`;
  made.close = () => new Promise((done) => server.close(done));
  return made;
};

/** Wait for something the product does by itself. */
const until = async (check, what, seconds = 20) => {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
};

module.exports = { App, ask, auth, choices, receiver, receiverPort: Number(CASEHUG_RECEIVER_PORT || 0), run, until };
