'use strict';

// Hidden lists that fill the drop-downs of the steps.

const { call } = require('./api');

const PER_PAGE = 100;

const list = (key, noun, path, shown) => ({
  key,
  noun,
  display: { label: `List of ${noun}s`, description: `Fills the drop-down of ${noun.toLowerCase()}s.`, hidden: true },
  operation: {
    type: 'polling',
    canPaginate: true,
    perform: async (z, bundle) => {
      const page = ((bundle.meta && bundle.meta.page) || 0) + 1;
      const { data } = await call(z, bundle, { path, params: { page, per_page: PER_PAGE } });
      return data.map(shown);
    },
    sample: { id: 'mat_00000000000000000000000001', name: 'Example' },
  },
});

const all = [
  list('list_matters', 'Matter', 'matters', ({ id, title }) => ({ id, name: title })),
  list('list_clients', 'Client', 'clients', (one) => ({ id: one.id, name: [one.first_name, one.last_name, one.email && `(${one.email})`].filter(Boolean).join(' ') })),
  list('list_case_types', 'Case Type', 'templates', ({ id, name }) => ({ id, name })),
];

module.exports = { lists: Object.fromEntries(all.map((one) => [one.key, one])) };
