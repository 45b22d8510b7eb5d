"""The laboratory: audit, fault plans, virtual time, experiments and theory."""
