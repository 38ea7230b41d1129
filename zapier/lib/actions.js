'use strict';

// What a Zap can do in CaseHug: make a client or matter, ask for a document, sync a matter.

const crypto = require('node:crypto');

const { call, filled, onceKey } = require('./api');
const records = require('./records');

const AREAS = {
  personal_injury: 'Personal injury', estate_planning: 'Estate planning', family_law: 'Family law',
  immigration: 'Immigration', criminal: 'Criminal', business: 'Business', real_estate: 'Real estate', other: 'Other',
};
const reference = {
  key: 'run_reference', label: 'Once per', type: 'string', required: false,
  helpText: 'Map the **ID** of the trigger here, so that one event acts once even if Zapier runs the step again. Without it, the same Zap with the same values acts once within 24 hours.',
};
const matterField = {
  key: 'matter_id', label: 'Matter', type: 'string', required: true, dynamic: 'list_matters.id.name',
  search: 'find_matter.id',
};
const text = (key, label, more = {}) => ({ key, label, type: 'string', required: false, ...more });

const CLIENT = ['first_name', 'last_name', 'email', 'phone', 'date_of_birth'];
const ADDRESS = ['line1', 'line2', 'city', 'state', 'zip'];
const MATTER = ['title', 'practice_area', 'intake_template_id', 'client_id', 'description', 'state', 'county', 'tags'];
const DOCUMENT = ['name', 'description', 'instructions', 'required'];

const post = async (z, bundle, act, path, body, run = bundle.inputData.run_reference) =>
  (await call(z, bundle, { method: 'POST', path, body, once: onceKey(bundle, act, { path, body }, run) })).data;

const createClient = async (z, bundle) => {
  const body = filled(bundle.inputData, CLIENT);
  const parts = ADDRESS.map((name) => [name, bundle.inputData[`address_${name}`]]).filter(([, value]) => value);
  if (parts.length) body.address = Object.fromEntries(parts);
  return records.client(await post(z, bundle, 'create_client', 'clients', body));
};

const createMatter = async (z, bundle) => post(z, bundle, 'create_matter', 'matters', filled(bundle.inputData, MATTER));

const requestDocument = async (z, bundle) => {
  const matter = encodeURIComponent(bundle.inputData.matter_id);
  return post(z, bundle, 'request_document', `matters/${matter}/documents/request`, filled(bundle.inputData, DOCUMENT));
};

/** A sync may be asked for again and again: without a reference every run counts, a running one is joined. */
const syncMatter = async (z, bundle) => {
  const run = bundle.inputData.run_reference || crypto.randomUUID();
  return post(z, bundle, 'sync_matter', 'integrations/lawmatics/sync', filled(bundle.inputData, ['matter_id']), run);
};

const create = (key, noun, label, description, perform, inputFields, sample) => ({
  key, noun, display: { label, description }, operation: { perform, inputFields: [...inputFields, reference], sample },
});

const all = [
  create('create_client', 'Client', 'Create Client', 'Creates a client record.', createClient, [
    text('first_name', 'First Name', { required: true }),
    text('last_name', 'Last Name', { required: true }),
    text('email', 'E-mail', { helpText: 'Each address can belong to one client only.' }),
    text('phone', 'Phone'),
    text('date_of_birth', 'Date of Birth', { helpText: 'As YYYY-MM-DD.' }),
    text('address_line1', 'Address Line 1'), text('address_line2', 'Address Line 2'), text('address_city', 'City'),
    text('address_state', 'State'), text('address_zip', 'ZIP Code'),
  ], records.clientSample),
  create('create_matter', 'Matter', 'Create Matter', 'Creates a matter with the checklist of its case type.', createMatter, [
    text('title', 'Title', { required: true }),
    text('practice_area', 'Practice Area', { required: true, choices: AREAS }),
    text('intake_template_id', 'Case Type', { dynamic: 'list_case_types.id.name', helpText: 'Decides the questions and documents. Empty: the first case type of the practice area.' }),
    text('client_id', 'Client', { dynamic: 'list_clients.id.name', search: 'find_client.id' }),
    text('description', 'Internal Description', { type: 'text', helpText: 'For the firm only; it is never sent on.' }),
    text('state', 'State'), text('county', 'County'),
    text('tags', 'Tags', { list: true }),
  ], records.matterSample),
  create('request_document', 'Document', 'Request Document', 'Adds an item to the checklist of a matter; the client sees it in the portal.', requestDocument, [
    matterField,
    text('name', 'Document', { required: true, helpText: 'As the client reads it, such as “Pay stubs of the last 3 months”.' }),
    text('description', 'Description', { type: 'text' }),
    text('instructions', 'Instructions', { type: 'text' }),
    { key: 'required', label: 'Required', type: 'boolean', required: false, default: 'true' },
  ], records.documentSample),
  create('sync_matter', 'Sync', 'Sync to Lawmatics', 'Sends a matter to Lawmatics through the native connection of CaseHug.', syncMatter, [
    { ...matterField, helpText: 'The firm must be connected: CaseHug, Settings, Integrations. A sync that is already under way is joined.' },
  ], records.syncSample),
];

module.exports = { AREAS, creates: Object.fromEntries(all.map((one) => [one.key, one])) };
