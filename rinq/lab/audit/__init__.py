"""The audit: rows, history and files are compared, three records of the same jobs."""

from rinq.lab.audit.auditor import audit
from rinq.lab.audit.report import Audit, AuditVerdict, Note, Problem, Rule

__all__ = ["Audit", "AuditVerdict", "Note", "Problem", "Rule", "audit"]
