"""Training steps as XLA compiles them, timed on an accelerator where TensorFlow itself is not.

    python benchmarks/compiled.py export FOLDER [--quick]
    python benchmarks/compiled.py run FOLDER [--table FILE] [--seconds LIMIT]

`export` writes the program that `tf.function(jit_compile=True)` makes of many steps, before any
optimisation for a device, with the variables that it starts from. `run` needs JAX alone, compiles
those programs for the device that JAX finds, and times them in turn: a step is the time of many
less that of few, by their number, so that starting and copying are in neither.
"""

import argparse
import datetime
import lzma
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # wherever this is run from

from benchmarks.racing.nets import ROWS, Case

METHODS = ("none", "reparameterization", "flipout", "local_reparameterization")
# Net, rows of a step, and Keras's policy.
SIZES = (
    ("lenet5", 128, "float32"),
    ("residual", 64, "float32"),
    ("residual", 512, "float32"),
    ("residual", 512, "mixed_bfloat16"),
    ("lenet5", 2048, "float32"),
)
FEW, MANY, ROUNDS = 5, 55, 9


def export(folder: Path, quick: bool) -> None:
    """Write the programs of all cases."""
    folder.mkdir(parents=True, exist_ok=True)
    for net, batch, policy in SIZES[:1] if quick else SIZES:
        for method in METHODS:
            case = Case("step", method, net=net, batch=batch)
            name = f"{net}-{batch}-{policy}-{method}"
            _export(folder / name, case, policy)
            print(name, flush=True)


def _export(path: Path, case: Case, policy: str) -> None:
    import keras
    import tensorflow as tf

    from benchmarks.racing import ours

    keras.backend.clear_session()
    keras.mixed_precision.set_global_policy(policy)
    model: Any = ours.twin(case) if case.method == "none" else ours.bayesian(case)
    images, labels = (tf.constant(one) for one in ours.batch(case, case.batch))
    if case.method == "none":
        model.train_on_batch(images[:2], labels[:2])  # Keras makes its metrics there
    else:
        model.bind(rows=ROWS, batch_size=case.batch)

    @tf.function(jit_compile=True)
    def steps(images: tf.Tensor, labels: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        done = tf.constant(0, tf.int64)  # XLA would make a range once and for all
        while done < count:
            model.train_step((images, labels))
            done += 1
        return model.metrics[0].result()

    # 64 bits: XLA would take a number of 32, which the host holds, for one that never changes.
    given = (images, labels, tf.constant(0, tf.int64))
    program = steps.experimental_get_compiler_ir(*given)(stage="hlo_serialized")
    path.with_suffix(".xz").write_bytes(lzma.compress(program, preset=1))
    variables = {id(one.value.handle): one for one in _variables(model)}
    captured = steps.get_concrete_function(*given).captured_inputs
    held = [variables[id(one)] if one.dtype == tf.resource else one for one in captured]
    np.savez_compressed(path.with_suffix(".npz"), *(np.asarray(one) for one in held))


def _variables(model: Any) -> list[Any]:
    metrics = [one for metric in model.metrics for one in metric.variables]
    return [*model.variables, *model.optimizer.variables, *metrics]


class Compiled:
    """One program on the device, with what it starts from."""

    def __init__(self, path: Path, batch: int) -> None:
        import jax
        from jaxlib import xla_client

        jax.config.update("jax_enable_x64", True)
        computation = xla_client.XlaComputation(
            lzma.decompress(path.with_suffix(".xz").read_bytes())
        )
        module = xla_client._xla.mlir.xla_computation_to_mlir_module(computation)
        # StableHLO has no word for the copies of what is returned.
        module = module.replace("= mhlo.copy %", "= stablehlo.optimization_barrier %")
        device = jax.devices()[0]
        began = time.perf_counter()
        self._program = device.client.compile_and_load(
            module, xla_client.DeviceList((device,)), xla_client.CompileOptions()
        )
        self.seconds_to_compile = time.perf_counter() - began
        shapes = computation.program_shape().parameter_shapes()
        generator = np.random.default_rng(0)
        images = generator.uniform(0, 255, shapes[0].dimensions()).astype(np.float32)
        given = [images, generator.integers(0, 10, batch)]
        with np.load(path.with_suffix(".npz")) as stored:
            # NumPy stores bfloat16 as bytes without a type.
            state = [
                one.view(shape.numpy_dtype()) if one.dtype.kind == "V" else one
                for one, shape in zip(map(stored.get, stored.files), shapes[3:], strict=True)
            ]
        if [one.shape for one in state] != [one.dimensions() for one in shapes[3:]]:
            raise ValueError(f"{path.name} takes other variables than are stored beside it")
        self._count = shapes[2].numpy_dtype()
        self._device = device
        self._given, self._state = [self._put(one) for one in given], state

    def _put(self, one: np.ndarray) -> Any:
        import jax

        return jax.device_put(one, self._device)

    def run(self, count: int) -> tuple[float, float]:
        """Seconds of so many steps, and the loss that the metric has then."""
        # The variables are given away with every call.
        last = [self._put(one) for one in (np.asarray(count, self._count), *self._state)]
        for one in last:
            one.block_until_ready()
        began = time.perf_counter()
        results = self._program.execute_sharded([*self._given, *last])
        arrays = results.disassemble_into_single_device_arrays()
        loss = float(np.asarray(arrays[0][0]))
        return time.perf_counter() - began, loss


def run(folder: Path, table: Path | None, limit: float) -> None:
    """Time the programs that are there, those of one size in turn."""
    import jax

    began = time.perf_counter()
    device = jax.devices()[0]
    lines = []
    for net, batch, policy in SIZES:
        paths = {one: folder / f"{net}-{batch}-{policy}-{one}" for one in METHODS}
        if not all(one.with_suffix(".xz").exists() for one in paths.values()):
            continue
        if time.perf_counter() - began > limit:
            break
        programs = {one: Compiled(path, batch) for one, path in paths.items()}
        seconds: dict[str, list[float]] = {one: [] for one in METHODS}
        losses = {one: program.run(FEW)[1] for one, program in programs.items()}
        for _ in range(ROUNDS):
            for one, program in programs.items():
                few, many = program.run(FEW)[0], program.run(MANY)[0]
                seconds[one].append((many - few) / (MANY - FEW))
        floor = statistics.median(seconds["none"])
        for one in METHODS:
            step = statistics.median(seconds[one])
            ratios = sorted(a / b for a, b in zip(seconds[one], seconds["none"], strict=True))
            spread = f"{ratios[1]:.2f} to {ratios[-2]:.2f}"
            lines.append(
                f"| {datetime.date.today()} | {device.device_kind} | {net} | {batch} | {policy} | {one}"
                f" | {step * 1e3:.3f} | {batch / step:,.0f} | {step / floor:.2f} ({spread})"
                f" | {losses[one]:.4f} | {programs[one].seconds_to_compile:.0f} |"
            )
            print(lines[-1], flush=True)
    if table is not None:
        with table.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("command", choices=["export", "run"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true", help="the first size alone")
    parser.add_argument("--table", type=Path, help="a table to write rows into")
    parser.add_argument("--seconds", type=float, default=1e9, help="begin no size after that")
    arguments = parser.parse_args()
    if arguments.command == "export":
        export(arguments.folder, arguments.quick)
    else:
        run(arguments.folder, arguments.table, arguments.seconds)


if __name__ == "__main__":
    main()
