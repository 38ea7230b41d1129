"""The import of intakes for its doors: check a file, start the import, run it."""

from casehug.intake.imports.check import check_intakes
from casehug.intake.imports.decoding import FileProblem
from casehug.intake.imports.run import import_intakes, run_import, start_import

__all__ = ["FileProblem", "check_intakes", "import_intakes", "run_import", "start_import"]
