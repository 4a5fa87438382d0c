"""What a person reads of a run: report.html, junit.xml, summary.md, made of results.json and the files of the cells."""


def write_reports(out, results):
    """Writes them all into the folder of the run."""
