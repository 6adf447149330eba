"""Make a layer class from a method on kernels and a Keras layer with a kernel."""

from inspect import cleandoc
from textwrap import fill
from typing import Any

import keras


def kernel_layer(method: Any, base: Any) -> Any:
    """Return the class of a Keras layer under a method, which Keras loads by its name.

    The class belongs to the module of `base`, and its docstring is put together from both.

    Args:
        method: a `RandomKernel` such as `Variational`; it has `name_prefix`, `summary` and
            `own_arguments`.
        base: a `KernelOperation` over a Keras layer, such as `_Dense` over `keras.layers.Dense`; its
            docstring has the sections Args, Input shape and Output shape.
    """
    keras_name = base.__name__.removeprefix("_")
    name = f"{method.name_prefix}{keras_name}"
    namespace = {
        "__module__": base.__module__,
        "__doc__": _docstring(method, base, f"keras.layers.{keras_name}"),
    }
    layer = type(name, (method, base), namespace)
    return keras.saving.register_keras_serializable(package="bnnc")(layer)


def _docstring(method: Any, base: Any, keras_class: str) -> str:
    _, arguments, shapes = cleandoc(base.__doc__ or "").split("\n\n")
    others = fill(
        f"**kwargs: {method.own_arguments} as in `bnnc.runtime.layers.{method.__name__}`; all else "
        f"as in `{keras_class}`, `{base.kernel_initializer_argument}` being "
        f"{base.he_normal.__name__} if not given.",
        width=96,
        initial_indent="    ",
        subsequent_indent="        ",
        break_on_hyphens=False,
    )
    return "\n".join(
        [
            f"`{keras_class}` {method.summary}.",
            "",
            arguments,
            others,
            "",
            shapes,
            "Raises: ValueError for an argument out of range.",
        ]
    )
