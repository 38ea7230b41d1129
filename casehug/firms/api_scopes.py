"""What an API key may be allowed to do (casehug.md §7.1), with the words of the settings page."""

SCOPES: dict[str, str] = {
    "matters:read": "Read matters, case types and sync states",
    "matters:write": "Create, change and archive matters; make intake links",
    "clients:read": "Read clients with contact data and notes",
    "clients:write": "Create and change clients",
    "documents:read": "Read checklists and upload states",
    "documents:write": "Request documents, upload, approve and send back",
    "referrals:read": "Read referred cases, invitations, updates, files and partner firms",
    "referrals:write": "Refer out, answer invitations, send updates and files",
    "webhooks:read": "Read outgoing webhooks and their deliveries",
    "webhooks:write": "Add, change and remove outgoing webhooks",
    "firms:read": "Read the firm's profile, members and usage",
    "firms:write": "Change the firm's profile and settings",
    "integrations:read": "Read connections, mappings, logs and received events",
    "integrations:write": "Start syncs, change switches and mappings, replay events, disconnect",
}
