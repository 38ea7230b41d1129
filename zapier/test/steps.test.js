'use strict';

// What a Zap does and looks up: one effect per run, real answers with the keys of the samples, errors in plain words.

const assert = require('node:assert');
const { test } = require('node:test');

const { App, ask, choices, run, until } = require('./product');
const { AREAS } = require('../lib/actions');

const act = (key, inputData, more = {}) => run(App.creates[key].operation.perform, { inputData, ...more });
const find = (key, inputData) => run(App.searches[key].operation.perform, { inputData });
const keys = (record) => Object.keys(record).sort();
const sampled = (kind, key, record) => assert.deepEqual(keys(App[kind][key].operation.sample), keys(record), key);
const CLIENT = { first_name: 'Maya', last_name: 'Quill', email: 'maya.quill@example.com', address_city: 'Dover' };

test('clients, matters, documents and syncs are made once per run', async () => {
  const client = await act('create_client', CLIENT);
  sampled('creates', 'create_client', client);
  assert.deepEqual(client.address, { city: 'Dover' });
  assert.equal((await act('create_client', CLIENT)).id, client.id, 'the run again');
  await assert.rejects(act('create_client', CLIENT, { zap: '101' }), /e-?mail/i, 'another Zap');

  const wanted = { title: 'Quill', practice_area: 'family_law', client_id: client.id, tags: ['zap'], run_reference: 'evt_1' };
  const matter = await act('create_matter', wanted);
  sampled('creates', 'create_matter', matter);
  assert.equal(matter.client_id, client.id);
  assert.deepEqual(matter.tags, ['zap']);
  const again = await act('create_matter', { tags: ['zap'], ...wanted });
  const next = await act('create_matter', { ...wanted, run_reference: 'evt_2' });
  assert.equal(again.id, matter.id);
  assert.notEqual(next.id, matter.id);

  const asked = { matter_id: matter.id, name: 'Pay stubs', required: false };
  const document = await act('request_document', asked);
  sampled('creates', 'request_document', document);
  assert.equal(document.required, false);
  assert.equal((await act('request_document', asked)).id, document.id);
  assert.equal((await ask(`matters/${matter.id}/documents?per_page=100`)).data.filter(({ name }) => name === 'Pay stubs').length, 1);

  const sync = await act('sync_matter', { matter_id: matter.id });
  sampled('creates', 'sync_matter', sync);
  assert.equal(sync.matter_id, matter.id);
  const arrived = async () => (await ask(`matters/${matter.id}`)).data.lawmatics_matter_id;
  assert.ok(await until(arrived, 'the matter in Lawmatics'));
});

test('what is found is what is there, and nothing is an empty list', async () => {
  const [client] = await find('find_client', { email: 'MAYA.Quill@Example.com' });
  sampled('searches', 'find_client', client);
  assert.equal('notes' in client, false);
  assert.deepEqual(await find('find_client', { email: 'nobody@example.com' }), []);
  assert.equal((await find('find_client', { client_id: client.id }))[0].email, 'maya.quill@example.com');
  assert.deepEqual(await find('find_client', { client_id: 'cli_../matters' }), []);
  const matters = await find('find_matter', { client_id: client.id });
  assert.equal(matters.length, 2);
  sampled('searches', 'find_matter', matters[0]);
  assert.deepEqual(await find('find_matter', { matter_id: matters[1].id }), [matters[1]]);
  assert.equal((await find('find_matter', { q: 'Quill' })).length, 2);
  await assert.rejects(find('find_matter', {}), /at least one field/);
  for (const { search, create } of Object.values(App.searchOrCreates)) assert.ok(App.searches[search] && App.creates[create]);
});

test('refusals say which field and why', async () => {
  await assert.rejects(act('create_matter', { title: 'x', practice_area: 'magic' }), /practice_area: .*magic/);
  await assert.rejects(act('request_document', { matter_id: 'mat_unknown', name: 'x' }), /ot found|nothing at this address/i);
});

test('drop-downs page through what the firm has', async () => {
  const list = (key, page) => run(App.triggers[key].operation.perform, { meta: { page, isFillingDynamicDropdown: true } });
  const [matters, clients, types] = [await list('list_matters', 0), await list('list_clients', 0), await list('list_case_types', 0)];
  assert.ok(matters.some(({ name }) => name === 'Quill'));
  assert.ok(clients.some(({ name }) => name === 'Maya Quill (maya.quill@example.com)'));
  assert.ok(types.length > 3 && types.every(({ id, name }) => id.startsWith('tmpl_') && name));
  assert.deepEqual(await list('list_matters', 1), []);
});

test('the choices are those of the API', async () => {
  assert.deepEqual(Object.keys(AREAS).sort(), await choices('MatterNew', 'practice_area'));
});
