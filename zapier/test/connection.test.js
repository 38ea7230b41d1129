'use strict';

// The connection: who it belongs to, and what it says when something is wrong.

const assert = require('node:assert');
const { test } = require('node:test');

const { App, auth, receiver, run } = require('./product');

const me = App.authentication.test;

test('the connection is named after the firm', async () => {
  const answer = await run(me);
  assert.equal(App.authentication.connectionLabel, '{{firm_name}}');
  assert.equal(answer.firm_name, process.env.CASEHUG_FIRM);
  assert.equal(answer.kind, 'api_key');
});

test('a wrong key is told in plain words', async () => {
  const authData = { ...auth, api_key: 'ch_live_sk_wrong' };
  await assert.rejects(run(me, { authData }), { name: 'ExpiredAuthError', message: /mistyped, ended or revoked/ });
});

test('only https is spoken, but for loopback', async () => {
  for (const [base_url, said] of [
    ['http://intake.firm.example', /must begin with https/], ['ftp://127.0.0.1', /must begin with https/],
    ['http://127.0.0.1.firm.example', /must begin with https/], ['intake.firm.example', /not a web address/],
    ['https://name:word@intake.firm.example', /must not hold a name/], ['', /not a web address/],
  ]) {
    await assert.rejects(run(me, { authData: { ...auth, base_url } }), said, base_url);
  }
  assert.ok(await run(me, { authData: { ...auth, base_url: ` ${auth.base_url}/dashboard/ ` } }));
});

test('the key goes to no other address', async () => {
  const [first, second] = [await receiver(), await receiver()];
  first.answers = [{ status: 302, headers: { Location: `${second.url}/api/v1/me` } }, { status: 200, body: '<html></html>' }];
  const authData = { ...auth, base_url: first.url };
  await assert.rejects(run(me, { authData }), /leads on to another one/);
  await assert.rejects(run(me, { authData }), /not CaseHug/);
  assert.equal(second.got.length, 0);
  await first.close();
  await second.close();
  await assert.rejects(run(me, { authData }), /could not be reached/);
});

test('a missing right names itself and its remedy', async () => {
  const authData = { ...auth, api_key: process.env.CASEHUG_KEY_NARROW };
  const perform = App.searches.find_client.operation.perform;
  await assert.rejects(run(perform, { authData, inputData: { email: 'a@example.com' } }), /clients:read.*Settings, API keys/);
});

test('a used-up limit holds the step back for as long as the product asks', async () => {
  const authData = { ...auth, api_key: process.env.CASEHUG_KEY_BUSY };
  await assert.rejects(run(me, { authData }), (error) => {
    assert.equal(error.name, 'ThrottledError');
    const { message, delay } = JSON.parse(error.message);
    assert.match(message, /Too many requests/);
    assert.ok(delay > 0 && delay <= 60, String(delay));
    return true;
  });
});
