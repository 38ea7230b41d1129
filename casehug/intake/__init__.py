"""Intake: clients, case types, matters, the client portal, documents, notes and the import of existing intakes."""
