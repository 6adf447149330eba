"""Run bnnc where TensorFlow and Keras cannot be imported: python -m tests.serving.without_tensorflow."""

import sys

from bnnc.cli.app import main
from tests.conftest import TENSORFLOW


class _Missing:
    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.split(".")[0] in {*TENSORFLOW, "sklearn", "scipy", "h5py"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


if __name__ == "__main__":
    sys.meta_path.insert(0, _Missing())
    main()
