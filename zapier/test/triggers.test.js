'use strict';

// What starts a Zap: every event of the product, samples like the real thing, and the whole life of a subscription.

const assert = require('node:assert');
const { test } = require('node:test');

const { App, ask, choices, receiver, receiverPort, run, until } = require('./product');
const events = require('../lib/events');

const keys = (record) => Object.keys(record).sort();
const operation = (event) => App.triggers[event.key].operation;
const created = events.find(({ name }) => name === 'matter.created');

test('every event of the catalogue is a trigger', async () => {
  assert.deepEqual(events.map(({ name }) => name).sort(), await choices('NewHook', 'event'));
});

test('samples have the keys of the real payload', async () => {
  for (const event of events) {
    const [newest] = await run(operation(event).performList);
    assert.deepEqual(keys(event.sample), keys(newest), event.name);
    assert.equal(newest.type, event.name);
    assert.match(newest.id, /^evt_/);
  }
});

test('client data comes only with the agreement', async () => {
  const inputData = { include_client_data: true };
  await assert.rejects(run(operation(created).performList, { inputData }), /agreement \(BAA\)/);
  await assert.rejects(run(operation(created).performSubscribe, { inputData, targetUrl: 'https://hooks.example.com/' }), /agreement \(BAA\)/);
  const [full] = await run(operation(created).performList, { inputData: { ...inputData, agreement_confirmed: true } });
  assert.ok('title' in full && 'client_email' in full);
  const asked = operation(created).inputFields[1];
  assert.equal((await run(asked, { inputData })).length, 1);
  assert.equal((await run(asked)).length, 0);
});

test('subscribe, receive, unsubscribe, and an end by 410', async () => {
  const hooks = await receiver(receiverPort);
  const { performSubscribe, performUnsubscribe, perform } = operation(created);
  const targetUrl = `${hooks.url}/hooks/standard/1/a`;
  const make = (title) => run(App.creates.create_matter.operation.perform, { inputData: { title, practice_area: 'family_law' } });
  const live = async (id) => !(await ask(`webhooks/${id}`)).error;

  const subscribeData = await run(performSubscribe, { targetUrl });
  assert.equal((await run(performSubscribe, { targetUrl })).id, subscribeData.id, 'a lost answer makes no second one');
  const matter = await make('First of the hooks');
  const { body } = await until(() => hooks.got[0], 'the delivery');
  const [started] = await run(perform, { cleanedRequest: JSON.parse(body), rawRequest: { content: body } });
  assert.equal(started.matter_id, matter.id);
  assert.deepEqual(keys(started), keys(created.sample));
  const [newest] = await run(operation(created).performList);
  assert.deepEqual(newest, started, 'the sample list shows what was delivered');
  const sentByHand = { ...started, type: 'webhook.test' };
  assert.deepEqual(await run(perform, { cleanedRequest: sentByHand }), [], 'a test starts no Zap');

  await run(performUnsubscribe, { subscribeData });
  assert.equal(await live(subscribeData.id), false);
  await make('Second of the hooks');

  const renewed = await run(performSubscribe, { targetUrl });
  assert.notEqual(renewed.id, subscribeData.id, 'switched on again at the same address');
  assert.equal(await live(renewed.id), true);
  hooks.answers = [{ status: 410 }];
  await make('Third of the hooks');
  await until(async () => !(await live(renewed.id)), 'the end of the subscription');
  const titles = hooks.got.length;
  assert.equal(titles, 2, 'nothing came while it was off');
  await run(performUnsubscribe, { subscribeData: renewed });
  await hooks.close();
});
