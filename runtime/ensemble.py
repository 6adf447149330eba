"""A compiled ensemble: programs of one spec with different seeds that predict together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.artifacts import (
    Manifest,
    member_folders,
    new_identity,
    write_manifest,
    write_source,
)
from bnnc.runtime.prediction.predictors import AnyPredictor, ensemble_predictor_of
from bnnc.runtime.prepared import Prepared
from bnnc.runtime.program import Program
from bnnc.runtime.training.histories import Verbose, joined, level_of
from bnnc.runtime.training.loop import Metrics
from bnnc.specs import Spec


class EnsembleProgram(Program):
    """Several programs that are trained apart and predict together.

    What can be done with a program can be done with an ensemble. It has no single `model`: there
    are `models`, and `members`, each a program by itself.

    Attributes:
        members: one program a member, whose spec has the member's seed and no ensemble.
        source: the emitted `model.py`, which builds any of the members.

    References: Lakshminarayanan et al. 2017, arXiv:1612.01474.
    """

    def __init__(
        self, spec: Spec, members: Sequence[Program], manifest: Manifest, source: str
    ) -> None:
        super().__init__(spec, [member.model for member in members], manifest, source)
        self._members = tuple(members)
        manifest["members"] = [member.spec.training.seed for member in members]

    @property
    def members(self) -> tuple[Program, ...]:
        """The programs of the members."""
        return self._members

    @property
    def model(self) -> NoReturn:
        """There is none. Raises: AttributeError."""
        raise AttributeError(
            f"An ensemble has {len(self.models)} models: expected `program.models`, or one of "
            "them as in `program.members[0].model`. Received: program.model"
        )

    def set_folder(self, folder: Path, file: str | None = None) -> None:
        """Remember the spec's folder, and the name of its file, in every manifest."""
        super().set_folder(folder, file)
        for member in self.members:
            member.set_folder(folder, file)

    def train(
        self,
        prepared: Prepared,
        *,
        epochs: int | None = None,
        first_epoch: int = 0,
        first_batch: int = 0,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        verbose: Verbose = 0,
    ) -> keras.callbacks.History:
        """Train one member after the other on the same rows, each in an order of its own.

        Returns: the histories of the members, one after the other; the list `member` has the number
            of each epoch's member, counted from 0.
        Raises: as `Program.train`.
        """
        shown = level_of(verbose)
        self.notify_data_listener(prepared, epochs)
        histories = []
        for number, member in enumerate(self.members):
            if shown:
                print(f"Member {number + 1}/{len(self.members)}")
            trained = member.train(
                prepared.in_order_of(member.spec.training.seed),
                epochs=epochs,
                first_epoch=first_epoch,
                first_batch=first_batch,
                callbacks=callbacks,
                verbose=shown,
            )
            histories.append(trained)
        self._note_members()
        return joined(histories)

    def note_training(self, prepared: Prepared, epochs: int) -> None:
        """Write down in every manifest what the members are trained on. Raises: as `Program`."""
        for member in self.members:
            member.note_training(prepared, epochs)
        self._note_members()

    def _note_members(self) -> None:
        """Write down in the manifest what all members were trained on."""
        self.manifest["trained"] = self.members[0].manifest["trained"]
        self.manifest.pop("calibration", None)

    def train_step(self, images: Any, labels: Any) -> Metrics:
        """One step of every member on one batch.

        Returns: the means of what the members' steps return.
        Raises: as `Program.train_step`.
        """
        each = [member.train_step(images, labels) for member in self.members]
        return {name: sum(one[name] for one in each) / len(each) for name in each[0]}

    def distribution(self, images: Any) -> tfp.distributions.Distribution:
        """The mixture of the members' distributions, each for one draw of the noise.

        Shapes: images [batch, height, width, channels] of raw values -> batch shape [batch].
        """
        components = [member.distribution(images) for member in self.members]
        shares = tf.fill([tf.shape(images)[0], len(components)], 1 / len(components))
        return tfp.distributions.Mixture(
            cat=tfp.distributions.Categorical(probs=shares), components=components
        )

    def write(self, folder: Path, identity: str | None = None) -> None:
        """Write every member, the source, and the manifest last; all with one identity."""
        identity = self.manifest["identity"] = identity or new_identity()
        for place, member in zip(self.folders(folder), self.members, strict=True):
            place.mkdir(parents=True)
            member.write(place, identity)
        write_source(folder, self.source)
        write_manifest(folder, self.manifest)

    def folders(self, folder: Path) -> tuple[Path, ...]:
        """Where each member lies, if the ensemble lies in `folder`."""
        return member_folders(folder, len(self.members))

    @cached_property
    def _predictor(self) -> AnyPredictor:
        return ensemble_predictor_of(self.models)
