"""Tables: what they must hold, how they are read and judged, and the evidence that is bundled."""

from densing.data.checks import inspect_table, read_as, validate
from densing.data.coverage import coverage
from densing.data.evidence import Evidence, load_evidence
from densing.data.faults import Fault, TableError
from densing.data.forms import guess_kind
from densing.data.reading import read_table
from densing.data.shipped import EVIDENCE_DATE, EVIDENCE_VERSION, bundled, list_bundled

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
    "read_as",
    "read_table",
    "validate",
]
