'use strict';

// The connection of a firm: where its CaseHug is, and an API key that a firm admin made for Zapier.

const { call } = require('./api');

const test = async (z, bundle) => (await call(z, bundle, { path: 'me' })).data;

module.exports = {
  type: 'custom',
  test,
  connectionLabel: '{{firm_name}}',
  fields: [
    {
      key: 'base_url', label: 'Address of CaseHug', type: 'string', required: true,
      placeholder: 'https://intake.firm.example',
      helpText: 'What your browser shows when CaseHug is open, beginning with https://.',
    },
    {
      key: 'api_key', label: 'API key', type: 'password', required: true,
      helpText: 'A firm admin makes it in CaseHug under **Settings → API keys**. It is shown once. It needs the rights for webhooks, and those for the steps you plan.',
    },
  ],
};
