"""Put a run with its card into a repository on Hugging Face."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from bnnc.errors import MissingExtraError, OutputError
from bnnc.system.writing import write_text

# What `bnnc.load` reads: the metrics and the optimizer's course stay here.
_FILES: Final = ("manifest.json", "model.keras", "model.py", "members/*")


def require_hub() -> None:
    """Raise MissingExtraError unless huggingface_hub is installed."""
    try:
        import huggingface_hub  # noqa: F401 - whether it is there
    except ModuleNotFoundError:
        raise MissingExtraError("huggingface_hub", "hub", "`--push`") from None


def push(run: Path, card: str, repository: str) -> str:
    """Upload a run and its card; a repository that is not there yet is made, as a private one.

    Returns: the address of the commit.
    Raises: OutputError for whatever the hub refuses.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    api = HfApi()
    try:
        made = api.create_repo(repository, private=True, exist_ok=True)
        api.upload_folder(
            repo_id=made.repo_id,
            folder_path=run,
            allow_patterns=list(_FILES),
            commit_message="Add the model",
        )
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "README.md"
            write_text(file, card)
            done = api.upload_file(
                path_or_fileobj=file,
                path_in_repo="README.md",
                repo_id=made.repo_id,
                commit_message="Add the model card",
            )
    except (HfHubHTTPError, HFValidationError, OSError, ValueError) as error:
        first = str(error).strip().splitlines()[:1]
        raise OutputError(
            f"{repository} cannot be written: {first[0] if first else type(error).__name__}"
        ) from error
    return str(done.commit_url)
