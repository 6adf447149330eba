"""The one exception by which data is refused."""

from bnnc.system.printable import PrintableError


class DataError(PrintableError):
    """Data that cannot be trained on, or predicted for, as it is.

    The message is for the user: what is wrong and where (file, row), what was expected, what was
    received, and the way out. It is raised before training starts.
    """
