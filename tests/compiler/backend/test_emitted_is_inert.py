"""The emitted source builds a model and does nothing else, whatever strings the spec holds."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import tokenize
from pathlib import Path
from random import Random
from typing import Any

import keras
import pytest

import bnnc
import bnnc.runtime
from bnnc.compiler.backend.emit import emit
from bnnc.compiler.backend.lowering import lower
from bnnc.compiler.planning.make_plan import make_plan
from bnnc.specs.placement import place
from tests.generated import Document, layers_within, random_spec, section

SPECS = 100
EXECUTED = 8
# In every hostile string, so that it is found wherever it went.
MARK = "zqj"

TEXTS = (
    *('"""\nimport os\nos.system("{}")\n"""', "'; __import__('os').system('{}') #", "b'{}'"),
    *('"{}" + open("/etc/passwd").read() + "', "{}\\", "\\\\{}", "{}'" + "''", "\n{}\n", "\t{}"),
    *("\u2028{}\u2029", "{{{}}}", "{{0.__class__.{}}}", "%({})s", "$({})", "`{}`", "#{}", "\r{}"),
    *(
        "ｅｖａｌ('{}')",
        "\u202e{}",
        "\U0001f600{}",
        "\ufeff{}",
        "{}()",
        'f"{}{{1/0}}"',
        "\\N{{{}}}",
    ),
)
# What the patterns of names let through: words of Python, and of the emitted source itself.
LAYER_NAMES = (
    *("import_{}", "exec_{}", "lambda", "class", "eval", "open", "exec", "compile", "breakpoint"),
    *("images", "x", "model", "keras", "bnn", "build_model", "self", "inputs", "none", "os", "{}"),
)
SPEC_NAMES = (
    *(
        "{}",
        "import.os.{}",
        "os.system-{}",
        "exec.{}",
        "None",
        "True",
        "0x{}",
        "lambda.{}",
        "keras",
    ),
    *("f.{}", "1e5{}", "build_model", "{}..", "{}--", "{}__class__", "BayesianModel"),
)

NODES = {
    *("Module", "Expr", "Constant", "Import", "alias", "Assign", "Name", "Load", "Store", "If"),
    *("FunctionDef", "arguments", "Return", "Call", "keyword", "Attribute", "Compare", "Eq"),
    *("List", "Tuple", "UnaryOp", "USub", "BinOp", "Div", "Pow"),
    *("arg", "Subscript"),
    *("JoinedStr", "FormattedValue", "Add", "Sub"),  # of names with numbers
}
NAMES = {
    *("keras", "bnn", "images", "x", "model", "build_model"),
    *("BATCH_SIZE", "EPOCHS", "SEED", "__name__"),
    *("SEEDS", "seed", "int"),  # of an ensemble
}
FUNCTIONS = {
    *("keras.Input", "model.compile", "bnn.layer_seed", "bnn.keras_defaults"),
    *("build_model", "build_model().summary", "build_model(SEEDS[0]).summary"),
}
# What several layers take, or one later on.
KEPT = re.compile(r"(?:shortcut|stem|branch)(?:_\d+)?")
# All else is a class that makes a part of a model: bnnc's own, or one of Keras's.
CLASS = re.compile(r"(?:bnn|keras)\.(?:[a-z]+\.)*[A-Z]\w+")
# Keras's layers that run code or load what runs it.
RUN_CODE = {
    *("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
}


def hostile_spec(seed: int) -> Document:
    """A right spec whose every string that a person chooses is meant to become code."""
    random = Random(f"inert {seed}")
    document = random_spec(random)

    def text() -> str:
        return random.choice(TEXTS).format(f"{MARK}{seed}")

    document["name"] = random.choice(SPEC_NAMES).format(f"{MARK}{seed}")
    document["description"] = text()
    document["data"] = {"source": text(), "validation_split": 0.1}
    document[f"x-{text()}"] = {text(): [text(), {text(): text()}]}
    before = names_called(document)
    layers = list(layers_within(document["layers"]))
    for layer in layers:
        layer.pop("name", None)
    names = random.sample(LAYER_NAMES, min(len(layers), len(LAYER_NAMES)))
    for layer, name in zip(layers, names, strict=False):
        layer["name"] = name.format(f"{MARK}{seed}")
    if document.get("training", {}).get("batch_size") == 1:
        document["training"]["batch_size"] = 2  # one row is nothing to normalise over
    if isinstance(chosen := document.get("bayesian", {}).get("layers"), list):
        after = names_called(document)
        document["bayesian"]["layers"] = [after[before.index(name)] for name in chosen]
    return document


def names_called(document: Document) -> list[str]:
    """What the layers are called, by themselves and by their blocks, one after the other."""
    placed = place([section(layer) for layer in document["layers"]])
    return [name for one in placed for name in one.selectors]


def emitted(document: Document) -> str:
    spec = bnnc.check(document).accepted()
    plan = make_plan(spec)
    return emit(spec, plan, lower(spec, plan))


@pytest.fixture(scope="module")
def hostile() -> list[tuple[Document, str]]:
    documents = [hostile_spec(seed) for seed in range(SPECS)]
    return [(document, emitted(document)) for document in documents]


def test_the_source_has_only_the_syntax_that_building_a_model_takes(
    hostile: list[tuple[Document, str]],
) -> None:
    for _, source in hostile:
        tree = ast.parse(source)
        functions = layer_functions(tree)
        own = {*functions, *(one.arg for each in functions.values() for one in parameters(each))}
        for node in ast.walk(tree):
            assert type(node).__name__ in NODES, ast.dump(node)
            match node:
                case ast.Name(id=name):
                    assert name in {*NAMES, *own} or KEPT.fullmatch(name)
                case ast.Import(names=names):
                    imported = [(one.name, one.asname) for one in names]
                    assert imported in ([("keras", None)], [("bnnc.runtime", "bnn")])
                case ast.FunctionDef(name="build_model"):
                    assert [ast.unparse(one) for one in node.decorator_list] == [
                        "bnn.keras_defaults()"
                    ]
                    assert ast.unparse(node.args) in ("", "seed: int")
                case ast.FunctionDef():
                    # A docstring, and layers of Keras or bnnc that are applied.
                    assert not node.decorator_list
                    kinds = [type(one).__name__ for one in node.body]
                    assert kinds == ["Expr", *["Assign"] * (len(kinds) - 2), "Return"]
                    assert not node.args.defaults
                case ast.Subscript():
                    assert ast.unparse(node) == "SEEDS[0]"
                case ast.Constant(value=value):
                    assert type(value) in (str, int, float, bool, type(None))
                case ast.BinOp():
                    # Arithmetic of numbers that are written out, and powers of 2 only; or the
                    # number of a layer from that of the first.
                    assert re.fullmatch(
                        r"-?[\d.e+-]+ (?:/ [\d.e+-]+|\*\* 2)|(?:first_\w+|number\w*) [+-] \d+",
                        ast.unparse(node),
                    )


def layer_functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """The functions beside `build_model`, by name: each makes layers and applies them."""
    functions = (one for one in tree.body if isinstance(one, ast.FunctionDef))
    return {one.name: one for one in functions if one.name != "build_model"}


def parameters(function: ast.FunctionDef) -> list[ast.arg]:
    others = [] if function.args.kwarg is None else [function.args.kwarg]
    return [*function.args.args, *others]


def _are_tensors(node: ast.expr) -> bool:
    """Whether it is a variable of a tensor, or a list of such."""
    if isinstance(node, ast.List):
        return all(map(_are_tensors, node.elts))
    name = ast.unparse(node)
    return name in ("images", "inputs", "x") or bool(KEPT.fullmatch(name))


def test_the_source_calls_only_what_is_allowed(hostile: list[tuple[Document, str]]) -> None:
    for _, source in hostile:
        tree = ast.parse(source)
        functions = layer_functions(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            function = node.func
            if isinstance(function, ast.Name) and function.id in functions:
                assert _are_tensors(node.args[0])
                assert all(one.arg is not None for one in node.keywords)
                continue
            if isinstance(function, ast.Call) and _are_tensors(node.args[0]):
                continue  # a layer applied; the call that makes it is looked at by itself
            called = ast.unparse(function)
            if called not in FUNCTIONS:
                assert CLASS.fullmatch(called)
                assert called.split(".")[-1] not in RUN_CODE
                assert isinstance(_named(called), type)
            for argument in node.keywords:
                assert argument.arg is not None or ast.unparse(argument.value) == "arguments"


def _named(dotted: str) -> Any:
    found: Any = {"bnn": bnnc.runtime, "keras": keras}[dotted.split(".")[0]]
    for name in dotted.split(".")[1:]:
        found = getattr(found, name)
    return found


def test_names_stand_in_the_source_as_constants_and_other_strings_nowhere(
    hostile: list[tuple[Document, str]],
) -> None:
    for document, source in hostile:
        tree = ast.parse(source)
        names = {
            document["name"],
            *(node.name for node in make_plan(bnnc.check(document).accepted()).nodes),
        }
        members = document.get("ensemble", {}).get("members", 1)
        what = f"{members} Keras models that predict together" if members > 1 else "a Keras model"
        first_line = f"{document['name']}: {what}, compiled by bnnc from a spec."
        assert ast.get_docstring(tree, clean=False).splitlines()[0] == first_line  # type: ignore[union-attr]  # there is one
        docstring = tree.body[0].value  # type: ignore[attr-defined]  # an expression
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and node is not docstring:
                # A second kernel has a seed of its own, of the name with a number behind it.
                name = str(node.value).partition("/")[0]
                assert MARK not in name or name in names
        # Nothing of the spec is left where the constants are taken out, in no comment either.
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
        comments = {one.string for one in tokens if one.type == tokenize.COMMENT}
        assert comments == {"# whatever `keras.config` or keras.json says"}
        assert not any(MARK in one.string for one in tokens if one.type != tokenize.STRING)


def test_each_spec_still_says_what_the_strings_were(hostile: list[tuple[Document, str]]) -> None:
    for document, source in hostile:
        # The strings reached the compiler whole: they are kept out, not lost.
        spec = bnnc.check(document).accepted()
        assert spec.description == document["description"]
        assert spec.data is not None
        assert spec.data.source == document["data"]["source"]
        assert f'name="{spec.name}"' in source


# Events that leave the process or change a file. Opening is told apart by its mode: Python's own
# imports read.
_WATCHED = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
import keras
import bnnc.runtime as bnn

sources, report = json.load(sys.stdin), {"events": [], "models": 0, "control": []}
# What Keras and TensorFlow load when the first model is built is not the source's doing.
namespace = {"__name__": "emitted"}
exec(compile(sources[0], "model.py", "exec"), namespace)
namespace["build_model"](*namespace.get("SEEDS", ())[:1])

into = None
PREFIXES = ("socket.", "subprocess.", "shutil.", "ctypes.", "winreg.", "ftplib.", "smtplib.", "os.",
            "urllib.", "http.", "pty.", "tempfile.", "webbrowser.", "pickle.", "marshal.")
READING = ("os.listdir", "os.scandir", "os.fspath")

def watch(event, arguments):
    if into is None:
        return
    if event == "open":
        mode, flags = arguments[1], arguments[2]
        writes = any(letter in (mode or "") for letter in "wax+")
        if writes or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND):
            into.append([event, repr(arguments)])
    elif event.startswith(PREFIXES) and event not in READING:
        into.append([event, repr(arguments)])

sys.addaudithook(watch)
for source in sources:
    into = report["events"]
    namespace = {"__name__": "emitted"}
    exec(compile(source, "model.py", "exec"), namespace)
    model = namespace["build_model"](*namespace.get("SEEDS", ())[:1])
    into = None
    report["models"] += isinstance(model, bnn.BayesianModel)

# That the hook sees what it is there for.
into = report["control"]
import socket, subprocess
open(sys.argv[1], "w").close()
socket.socket().close()
subprocess.run([sys.executable, "-c", ""])
os.system("true")
into = None
json.dump(report, sys.stdout)
"""


def test_running_the_source_writes_no_file_opens_no_socket_and_starts_no_process(
    hostile: list[tuple[Document, str]], tmp_path: Path
) -> None:
    sources = [source for _, source in hostile[:EXECUTED]]
    empty = tmp_path / "empty"
    empty.mkdir()
    ended = subprocess.run(
        [sys.executable, "-c", _WATCHED, str(tmp_path / "control")],
        input=json.dumps(sources),
        cwd=empty,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert report["models"] == len(sources)
    assert report["events"] == []
    assert list(empty.iterdir()) == []
    seen = {event for event, _ in report["control"]}
    assert {"open", "socket.__new__", "subprocess.Popen", "os.system"} <= seen
