"""Make a layer class from a method on kernels and a Keras layer with a kernel."""

import re
from inspect import Parameter, Signature, cleandoc, signature
from textwrap import fill
from typing import Any

import keras

from bnnc.runtime.layers.class_signature import ClassSignature

# Arguments of Keras's layers that these refuse.
_REFUSED = ("lora_rank", "lora_alpha", "quantization_config")
_ARGUMENTS = re.compile(r"^Args:\n(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_ARGUMENT = re.compile(r"^    (\w+)(:.*?)(?=^    \w|^\s*$|\Z)", re.MULTILINE | re.DOTALL)


def kernel_layer(method: Any, base: Any) -> Any:
    """Return the class of a Keras layer under a method, which Keras loads by its name.

    The class belongs to the module of `base`, and its docstring is put together from both.

    Args:
        method: a `RandomKernel` such as `Variational`; it has `name_prefix` and `summary`, and its
            docstring a section Args.
        base: a `KernelOperation` over a Keras layer, such as `_Dense` over `keras.layers.Dense`; its
            docstring has the sections Args, Input shape and Output shape.
    """
    keras_name = base.__name__.removeprefix("_")
    name = f"{method.name_prefix}{keras_name}"
    namespace = {
        "__module__": base.__module__,
        "__doc__": _docstring(method, base, f"keras.layers.{keras_name}"),
        "__signature__": ClassSignature(_signature(method, base)),
    }
    layer = type(name, (method, base), namespace)
    return keras.saving.register_keras_serializable(package="bnnc")(layer)


def _docstring(method: Any, base: Any, keras_class: str) -> str:
    _, arguments, shapes = cleandoc(base.__doc__ or "").split("\n\n")
    others = fill(
        f"**kwargs: as in `{keras_class}`, `{base.kernel_initializer_argument}` being "
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
            *_arguments_of(method),
            others,
            "",
            shapes,
            "Raises: ValueError for an argument out of range.",
        ]
    )


def _arguments_of(method: Any) -> list[str]:
    """What the docstrings of a method and of its bases say of their arguments."""
    found: dict[str, str] = {}
    for one in method.__mro__:
        section = _ARGUMENTS.search(cleandoc(one.__doc__ or "")) if _is_of_bnnc(one) else None
        for name, text in _ARGUMENT.findall(section[1]) if section else ():
            if "as in `bnnc.runtime" not in text:  # a base says it
                found.setdefault(name, f"    {name}{text}".rstrip())
    return list(found.values())


def _is_of_bnnc(one: Any) -> bool:
    return bool(one.__module__.startswith("bnnc."))


def _signature(method: Any, base: Any) -> Signature:
    """The signature of the class: the arguments of the Keras layer by place, the others by name."""
    by_place = [one for one in signature(base.__init__).parameters.values() if one.name != "self"]
    keras_layer = next(one for one in base.__mro__ if not _is_of_bnnc(one))
    own = [one for one in method.__mro__ if _is_of_bnnc(one)]
    named: dict[str, Parameter] = {}
    for one in (*own, keras_layer):
        for argument in signature(one.__init__).parameters.values():
            if argument.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
                named.setdefault(argument.name, argument.replace(kind=Parameter.KEYWORD_ONLY))
    for one in ("self", *_REFUSED, *(argument.name for argument in by_place)):
        named.pop(one, None)
    # He's initializer, which the class takes where none is given.
    name = base.kernel_initializer_argument
    named[name] = named[name].replace(default="he_normal")
    last = Parameter("kwargs", Parameter.VAR_KEYWORD, annotation=Any)
    first = [one for one in by_place if one.kind is not Parameter.VAR_KEYWORD]
    return Signature([*first, *named.values(), last])
