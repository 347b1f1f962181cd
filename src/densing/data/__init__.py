"""Tables: what they must hold, how they are read and judged, and the evidence that is bundled."""

from densing.data.coverage import coverage
from densing.data.evidence import Evidence, load_evidence
from densing.data.faults import Fault, TableError
from densing.data.reading import guess_kind, read_table
from densing.data.shipped import EVIDENCE_DATE, EVIDENCE_VERSION, bundled, list_bundled
from densing.data.validation import inspect_table, validate

__all__ = [
    "EVIDENCE_DATE",
    "EVIDENCE_VERSION",
    "Evidence",
    "Fault",
    "TableError",
    "bundled",
    "coverage",
    "guess_kind",
    "inspect_table",
    "list_bundled",
    "load_evidence",
    "read_table",
    "validate",
]
