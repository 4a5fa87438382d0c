"""What a person or a machine reads of a run: report.html, junit.xml, summary.md, made of results.json and the files of the cells."""

from pathlib import Path

from .junit import junit
from .page import page
from .summary import summary


def write_reports(out, results):
    """Writes them all into the folder of the run."""
    out = Path(out)
    (out / "report.html").write_text(page(out, results), encoding="utf-8")
    (out / "junit.xml").write_text(junit(results), encoding="utf-8")
    (out / "summary.md").write_text(summary(results), encoding="utf-8")
