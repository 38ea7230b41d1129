'use strict';

// What a Zap can look up, and the two pairs “find it or create it”.

const { call, filled, wrong } = require('./api');
const records = require('./records');

const one = async (z, bundle, path) => {
  const answer = await call(z, bundle, { path, allow: [404] });
  return answer ? [answer.data] : [];
};

const many = async (z, bundle, path, params) => (await call(z, bundle, { path, params: { ...params, per_page: 20 } })).data;

/** Find by id alone if there is one, else by the other fields; newest first, as Zapier takes the first. */
const finder = (path, idField, names) => async (z, bundle) => {
  const { [idField]: id } = bundle.inputData;
  if (id) return one(z, bundle, `${path}/${encodeURIComponent(id)}`);
  const params = filled(bundle.inputData, names);
  if (!Object.keys(params).length) throw wrong(z, 'Fill in at least one field to search by.', 'nothing_asked');
  return many(z, bundle, path, params);
};

const findClient = async (z, bundle) => (await finder('clients', 'client_id', ['email', 'q'])(z, bundle)).map(records.client);
const findMatter = finder('matters', 'matter_id', ['q', 'client_id']);

const field = (key, label, helpText) => ({ key, label, type: 'string', required: false, helpText });

const find = (key, noun, description, perform, inputFields, sample) => ({
  key, noun, display: { label: `Find ${noun}`, description }, operation: { perform, inputFields, sample },
});

const all = [
  find('find_client', 'Client', 'Finds a client by e-mail, id or name.', findClient, [
    field('email', 'E-mail', 'The whole address; upper and lower case are the same.'),
    field('client_id', 'Client ID', 'Such as the Client ID of a trigger. If filled, it alone counts.'),
    field('q', 'Words', 'Words of the name, e-mail or phone; the newest match is taken.'),
  ], records.clientSample),
  find('find_matter', 'Matter', 'Finds a matter by id, title or client.', findMatter, [
    field('matter_id', 'Matter ID', 'Such as the Matter ID of a trigger. If filled, it alone counts.'),
    field('q', 'Words', 'Words of the title, client or reference; the newest match is taken.'),
    field('client_id', 'Client ID', 'Only matters of this client.'),
  ], records.matterSample),
];

const pair = (search, create, label) => ({ key: search, display: { label, description: `${label}, in one step.` }, search, create });

module.exports = {
  searches: Object.fromEntries(all.map((entry) => [entry.key, entry])),
  searchOrCreates: {
    find_client: pair('find_client', 'create_client', 'Find or Create Client'),
    find_matter: pair('find_matter', 'create_matter', 'Find or Create Matter'),
  },
};
