'use strict';

// Everything that can start a Zap: one entry per event of the product, with a sample that has the keys of the real one.

const ID = '00000000000000000000000001';
const AT = '2026-01-05T15:04:05.000Z';

const head = (type) => ({ id: `evt_${ID}`, type, created_at: AT, firm_id: `firm_${ID}`, version: '1' });
const matter = { matter_id: `mat_${ID}`, client_id: `cli_${ID}`, matter_created_at: AT, updated_at: AT };
const documentKeys = {
  upload_id: `upl_${ID}`, upload_uploaded_at: AT, document_id: `doc_${ID}`, document_matter_id: `mat_${ID}`,
  matter_id: `mat_${ID}`,
};
const sync = { run_id: `run_${ID}`, provider: 'lawmatics', matter_id: `mat_${ID}`, error_class: null, error_code: null };
const connection = { connection_id: `con_${ID}`, provider: 'lawmatics', state: 'connected', code: null };

const referral = {
  referral_id: `ref_${ID}`, direction: 'in', status: 'invited', matter_id: null, provider: 'exchange', invitation_id: `inv_${ID}`,
  expires_at: AT, threshold: null, action: null, outcome: null, update_id: null, attachment_id: null,
};

const event = (name, noun, label, description, keys, clientData = true) => ({
  name, noun, label, description, clientData, key: name.replaceAll('.', '_'), sample: { ...head(name), ...keys },
});

module.exports = [
  event('matter.created', 'Matter', 'New Matter', 'Triggers when a matter is made.', matter),
  event('matter.updated', 'Matter', 'Updated Matter', 'Triggers when fields or the status of a matter change.', { ...matter, changed: 'title' }),
  event('matter.archived', 'Matter', 'Archived Matter', 'Triggers when a matter is archived.', matter),
  event('client.created', 'Client', 'New Client', 'Triggers when a client record is made.', { client_id: `cli_${ID}`, client_created_at: AT }),
  event('document.uploaded', 'Document', 'Uploaded Document', 'Triggers when a file comes in for a document.', documentKeys),
  event('document.approved', 'Document', 'Approved Document', 'Triggers when the firm approves a document.', documentKeys),
  event('document.rejected', 'Document', 'Sent-Back Document', 'Triggers when the firm sends a document back to the client.', documentKeys),
  event('intake.completed', 'Intake', 'Completed Intake', 'Triggers when a client has given everything that is required.', { ...matter, intake_completed_at: AT }),
  event('intake.link.sent', 'Intake', 'Sent Intake Link', 'Triggers when the intake link is sent to a client.', { ...matter, intake_completed_at: null }),
  event('sync.completed', 'Sync', 'Completed Sync', 'Triggers when a matter has arrived at a connected service.', sync, false),
  event('sync.failed', 'Sync', 'Failed Sync', 'Triggers when a sync is refused or given up.', { ...sync, error_class: 'validation', error_code: 'refused' }, false),
  event('connection.connected', 'Connection', 'Connected Service', 'Triggers when a connection is made or renewed.', connection, false),
  event('connection.needs_reconnect', 'Connection', 'Connection Needs Attention', 'Triggers when a connected service refuses our access.', { ...connection, state: 'needs_reconnect', code: 'refused' }, false),
  event('connection.disconnected', 'Connection', 'Ended Connection', 'Triggers when a connection is ended.', { ...connection, state: 'disconnected' }, false),
  event('referral.received', 'Referral', 'Received Referral', 'Triggers when another firm refers a case.', referral, false),
  event('referral.invitation_received', 'Referral', 'New Invitation', 'Triggers when another firm asks yours to take a case.', referral, false),
  event('referral.deadline_near', 'Referral', 'Invitation Running Out', 'Triggers at each alarm before the deadline of an invitation.', referral, false),
  event('referral.answered', 'Referral', 'Answered Invitation', 'Triggers when an answer to an invitation is confirmed or refused.', referral, false),
  event('referral.expired', 'Referral', 'Expired Invitation', 'Triggers when an invitation runs out unanswered.', referral, false),
  event('referral.sent', 'Referral', 'Sent Referral', 'Triggers when a case of yours has arrived at the referral exchange.', referral, false),
  event('referral.state_changed', 'Referral', 'Referral Moved On', 'Triggers when a referred case moves to another state.', referral, false),
  event('referral.update_received', 'Referral', 'Received Case Update', 'Triggers when the other firm writes about a case.', referral, false),
  event('referral.settlement_received', 'Referral', 'Received Settlement News', 'Triggers when news about the settlement of a case come in.', referral, false),
  event('referral.file_received', 'Referral', 'Received Case File', 'Triggers when a file of a referred case has been stored.', referral, false),
];
