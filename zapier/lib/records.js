'use strict';

// Matters and clients as steps of a Zap hand them on. Internal notes stay out: nothing of them goes to other services.

const ID = '00000000000000000000000001';
const AT = '2026-01-05T15:04:05.000Z';

const client = ({ notes, ...rest }) => rest; // eslint-disable-line no-unused-vars

const clientSample = {
  id: `cli_${ID}`, first_name: 'Jordan', last_name: 'Example', email: 'jordan@example.com', phone: '+12025550143',
  date_of_birth: null, address: {}, custom_fields: {}, matters_count: 1, created_at: AT, updated_at: AT,
};
const matterSample = {
  id: `mat_${ID}`, title: 'Example v. Example', status: 'active', practice_area: 'family_law', client_id: `cli_${ID}`,
  assigned_attorney: null, intake_template_id: `tmpl_${ID}`, custom_fields: {}, tags: [], intake_link: null,
  documents_count: 12, state: '', county: '', intake_completed_at: null, intake_approved_at: null, created_at: AT,
  updated_at: AT, lawmatics_matter_id: null, lawmatics_sync: null,
};
const documentSample = {
  id: `doc_${ID}`, matter_id: `mat_${ID}`, name: 'Pay stubs', category: 'other', description: '', instructions: '',
  status: 'pending', reason: null, required: true, accepted_types: ['application/pdf'], max_file_size_mb: 25,
  upload: null, uploads: [], created_at: AT, updated_at: AT,
};
const syncSample = { id: `run_${ID}`, matter_id: `mat_${ID}`, status: 'ready', created_at: AT };

module.exports = { client, clientSample, documentSample, matterSample, syncSample };
