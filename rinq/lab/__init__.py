"""The laboratory: audit, fault plans, virtual time, experiments, theory, and the judge."""
