'use strict';

// REST hooks: subscribe when a Zap is switched on, unsubscribe when it is switched off, samples while it is built.

const { call, onceKey, wrong } = require('./api');
const events = require('./events');

const AGREEMENT = 'Client data would go through Zapier. Confirm that an agreement (BAA) covers this, or leave client data out.';
const MOST_TRIES = 5;

const wishes = (z, bundle) => {
  const { include_client_data: wanted, agreement_confirmed: confirmed } = bundle.inputData;
  if (!wanted) return {};
  if (!confirmed) throw wrong(z, AGREEMENT, 'agreement_confirmed');
  return { include_client_data: true };
};

/**
 * Subscribe the Zap's address. A lost answer makes no second subscription; an answer that tells of one that has ended
 * since (the Zap was off in between) is not believed.
 */
const subscribe = (event) => async (z, bundle) => {
  const wanted = wishes(z, bundle);
  const body = { targetUrl: bundle.targetUrl, event: event.name, ...wanted, ...(wanted.include_client_data ? { agreement_confirmed: true } : {}) };
  let ended = '';
  for (let number = 0; number < MOST_TRIES; number += 1) {
    const once = onceKey(bundle, 'subscribe', body, ended);
    const answer = await call(z, bundle, { method: 'POST', path: 'hooks', body, once });
    if (!answer.replayed) return answer.data;
    if (await call(z, bundle, { path: `webhooks/${answer.data.id}`, allow: [404] })) return answer.data;
    ended = answer.data.id;
  }
  throw wrong(z, 'The subscription could not be renewed. Switch the Zap off and on again in some minutes.', 'subscribe');
};

const unsubscribe = async (z, bundle) => {
  await call(z, bundle, { method: 'DELETE', path: `hooks/${encodeURIComponent(bundle.subscribeData.id)}`, allow: [404] });
  return { id: bundle.subscribeData.id };
};

/** What arrived, if it is this event; a test that a person sent from CaseHug starts no Zap. */
const perform = (event) => (z, bundle) => {
  const got = bundle.cleanedRequest;
  return got && got.id && got.type === event.name ? [got] : [];
};

const performList = (event) => async (z, bundle) =>
  (await call(z, bundle, { path: 'hooks/samples', params: { event: event.name, ...wishes(z, bundle) } })).data;

const clientData = {
  key: 'include_client_data', label: 'Include Client Data', type: 'boolean', required: false, altersDynamicFields: true,
  helpText: 'Off: only ids, times and what happened; further steps of the Zap look the rest up. On: also names, e-mail, phone and titles.',
};
const agreement = (z, bundle) =>
  bundle.inputData.include_client_data
    ? [{
      key: 'agreement_confirmed', label: 'An Agreement Covers This', type: 'boolean', required: true,
      helpText: 'Client data then goes through Zapier. Confirm that your firm has an agreement (BAA) that covers it.',
    }]
    : [];

const trigger = (event) => ({
  key: event.key,
  noun: event.noun,
  display: { label: event.label, description: event.description },
  operation: {
    type: 'hook',
    inputFields: event.clientData ? [clientData, agreement] : [],
    performSubscribe: subscribe(event),
    performUnsubscribe: unsubscribe,
    perform: perform(event),
    performList: performList(event),
    sample: event.sample,
  },
});

module.exports = { triggers: Object.fromEntries(events.map((event) => [event.key, trigger(event)])) };
