"""Keras and TFP scripts with slips, for `benchmarks/fuzz.py`.

The law: every script ends in findings at its places, an import of it is a spec that can be read, and
nothing of it runs: no code of it is executed, no file is written, no process is started.
"""

from __future__ import annotations

import ast
import copy
import gc
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from mmap import mmap
from pathlib import Path
from random import Random
from types import CodeType
from typing import Any

from benchmarks.fuzzing.inputs import ROOT, mutated
from benchmarks.fuzzing.result import Result
from benchmarks.fuzzing.trial import Trial, hold
from bnnc.compiler.diagnostics import github_form, json_form, sarif_form
from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.diagnostics.outcome import File, Outcome
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import check_bytes, plan
from bnnc.compiler.reading.reader import read
from bnnc.compiler.scripts.read import read_script
from bnnc.compiler.scripts.write_spec import write_spec
from bnnc.compiler.text.source import Source

# Statements that would be noticed if they ran.
_CANARIES = (
    "open('canary', 'w').write('it ran')",
    "__import__('os').system('touch canary')",
    "exec(\"open('canary', 'w')\")",
    "import os; os.mkdir('canary')",
    "from pathlib import Path; Path('canary').touch()",
    "import subprocess; subprocess.run(['touch', 'canary'])",
    "@open('canary', 'w').write\ndef built(x=open('canary', 'w')): pass",
    "class Built(open('canary', 'w').__class__, metaclass=print): y = open('canary', 'w')",
    "x = [open('canary', 'w') for _ in range(3)] + [f'{open(\"canary\", \"w\")}']",
    "model.save('canary'); np.save('canary', 1); tf.io.write_file('canary', 'x')",
)
_LITERALS: tuple[Any, ...] = (
    *(0, -1, 1, 2**31, 2**63, 10**30, 10**400, 1e308, 1e-308, float("inf"), 0.5, 1j, True),
    *(None, ..., "", "x", "\x1b[31m", "\u202e", "\ud83d", b"\x00", "é日😀", "x" * 2000),
    *("softmax", "adam", "sparse_categorical_crossentropy", "mnist", "SAME"),
)
_PIECES = (
    *("while True: pass", "return model", "break", "continue", "global x", "raise", "del model"),
    *("x = x", "model = model", "model.add(model)", "x = [x, x]", "kl = kl(kl, kl, kl)"),
    *(
        "def f(*a, **k): return f(*a, **k)",
        "f = lambda f: f(f)",
        "f(f)",
        "async def g(): await g()",
    ),
    *("for i in range(1000): model.add(model)", "x = [[x] * 1000] * 1000", "x = x + x"),
    *("if True:", "else:", "try:", "finally:", "with x as y:", "match x:", "case [*y]:", "lambda:"),
    *("x: int = 3", "(x := 3)", "x = y = z", "*x, y = z", "x.y.z = 3", "x[0] = 3", "x += model"),
    *("from tf_keras import *", "import keras as tfp", "tfp = keras", "keras = None", "\\", "'''"),
)


class Scripts(Trial):
    """Takes a script from bytes to findings, forms, and the spec that it is imported as."""

    def __init__(self, source: str, folder: Path, *, current: mmap | None = None) -> None:
        super().__init__(source, folder, current=current)
        self.forms = (json_form.form, github_form.form, sarif_form.form)
        self.home = tempfile.TemporaryDirectory(prefix="bnnc-fuzz-")
        self.is_trying = False
        self.ran = ""
        os.chdir(self.home.name)
        for text in scripts():
            self.try_(text, "a script of the corpus, which fills the caches")
        sys.addaudithook(self._watch)
        gc.collect()
        gc.freeze()  # what is there now stays: it need not be looked through for each input
        self.result = Result(source)

    def take(self, data: bytes) -> None:
        """Take the bytes of a script the whole way."""
        self.ran = ""
        self.is_trying = True
        try:
            self._whole_way(data)
        finally:
            self.is_trying = False
        hold(not self.ran, f"the script ran: {self.ran}")
        hold(not os.listdir(), "the script wrote a file")

    def _whole_way(self, data: bytes) -> None:
        report = check_bytes("script.py", data)
        errors = [one for one in report.diagnostics if one.severity == "error"]
        hold(report.ok == (not errors), "accepted with errors, or refused without")
        length = len(report.source.text)
        for one in report.diagnostics:
            hold(one.fixes == (), "a fix of a script")
            for span in (one.span, *(label.span for label in one.related)):
                hold(span.source == report.source, "a span of another text")
                hold(0 <= span.start <= span.end <= length, "a span outside the text")
        text = render(report.diagnostics)
        hold("\x1b" not in text, "a control character in the text form")
        hold(
            len(text) < 2000 + 6000 * len(report.diagnostics), "a finding of more than 6,000 signs"
        )
        if report.spec is not None:
            plan(report)
            self.result.accepted += 1
        if self.result.inputs % 32 == 0:
            status = "accepted" if report.ok else "refused"
            file = File("script.py", status)  # type: ignore[arg-type]  # one of the two
            outcome = Outcome(ROOT, (file,), report.diagnostics, int(not report.ok))
            for form in self.forms:
                form(outcome).encode()
        if self.result.inputs % 4 == 0 and report.tree is not None:
            written = write_spec(read_script(report.source), "script.py")
            tree, _ = read(Source("spec.yaml", written))
            hold(tree is not None, f"an import that cannot be read\n{written}")

    def finish(self, path: Path) -> None:
        """Write the account, and remove the folder."""
        os.chdir(ROOT)
        self.home.cleanup()
        super().finish(path)

    def _watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note what no reading of a text does; Python tells it of every call."""
        if not self.is_trying:
            return
        is_ours = event == "exec" and _is_import(arguments[0])
        is_read = event == "open" and str(arguments[1] or "r").strip("bt") == "r"
        if event.startswith(_FORBIDDEN) and not is_ours and not is_read:
            self.ran = f"{event} {arguments}"


def _is_import(code: CodeType) -> bool:
    """Whether code is that of a late import, or of its dataclasses, whose methods have no file."""
    caller = sys._getframe(2).f_globals.get("__name__")
    return caller == "dataclasses" or Path(code.co_filename).exists()


# Audit events: docs.python.org/3/library/audit_events.html
_FORBIDDEN = (
    *("exec", "open", "os.", "subprocess.", "shutil.", "socket.", "pty.", "ctypes.", "webbrowser."),
)


def scripts() -> list[bytes]:
    """The corpus, and both examples of every finding about scripts."""
    texts = [path.read_bytes() for path in sorted(ROOT.glob("tests/scripts/corpus/*.py"))]
    for one in rules().values():
        for block in one.page.split("```python\n")[1:]:
            texts.append(block.partition("```")[0].encode())
    return texts


def mutated_scripts(seed: int, first: int) -> Iterator[tuple[bytes, str]]:
    """Endless scripts with slips; each is named by the seed and its number."""
    warnings.simplefilter("ignore")  # of escapes and comparisons in the scripts
    texts = scripts()
    whole = [one for one in texts if _is_whole(one)]
    number = first
    while True:
        random = Random(f"{seed} {number}")
        yield _mutated(random, texts, whole), f"seed {seed}, script {number}"
        number += 1


def _is_whole(text: bytes) -> bool:
    """Whether Python can read a script, and it has something that can be changed."""
    try:
        return bool(_loads(ast.parse(text)))
    except SyntaxError:  # the example of a script with an error
        return False


def _mutated(random: Random, texts: list[bytes], whole: list[bytes]) -> bytes:
    match random.randrange(8):
        case 0 | 1 | 2:
            data = mutated(random, texts)  # bytes, tokens, numbers, lines
        case 3:
            data = _lines(random, texts)
        case 4 | 5 | 6:
            data = _trees(random, whole)
        case _:
            data = _spliced(random, texts)
    if random.random() < 0.005:
        data = _grown(random, data)
    return data


def _lines(random: Random, texts: list[bytes]) -> bytes:
    """Lines that would be noticed or lead astray, at any indent, and lines moved to another."""
    lines = random.choice(texts).decode().split("\n")
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(lines))
        here = lines[at]
        indent = here[: len(here) - len(here.lstrip())]
        match random.randrange(4):
            case 0:
                added = random.choice(_CANARIES).split("\n")
                lines[at:at] = [indent + line for line in added]
            case 1:
                lines.insert(at, indent + random.choice(_PIECES))
            case 2:
                lines[at] = random.choice(("", " ", "    ", "\t", "        ")) + here.lstrip()
            case _:
                end = min(len(lines), at + random.randrange(1, 12))
                opening = random.choice(("if x:", "for i in range(3):", "def f():", "class A:"))
                body = [f"    {line}" for line in lines[at:end]]
                lines[at:end] = [indent + opening, *body]
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _spliced(random: Random, texts: list[bytes]) -> bytes:
    """The start of one script, the end of another."""
    one, two = (random.choice(texts).split(b"\n") for _ in range(2))
    start = one[: random.randrange(len(one) + 1)]
    return b"\n".join([*start, *two[random.randrange(len(two) + 1) :]])


def _trees(random: Random, texts: list[bytes]) -> bytes:
    """A script whose syntax tree is changed, so that it is one of Python still."""
    tree, other = (ast.parse(random.choice(texts)) for _ in range(2))
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        if _loads(tree):  # of a short script, nothing may be left
            random.choice(_CHANGES)(random, tree, other)
    try:
        return ast.unparse(ast.fix_missing_locations(tree)).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):  # a number of too many digits, or a tree within itself
        return _spliced(random, texts)


def _places(tree: ast.AST, kind: type[ast.AST]) -> list[tuple[Any, str, int | None]]:
    """Where nodes of a kind are: their parent, its field, and the place in a list."""
    found: list[tuple[Any, str, int | None]] = []
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if isinstance(value, kind):
                found.append((parent, name, None))
            elif isinstance(value, list):
                found += [
                    (parent, name, at) for at, one in enumerate(value) if isinstance(one, kind)
                ]
    return found


def _at(place: tuple[Any, str, int | None]) -> Any:
    parent, name, at = place
    return getattr(parent, name) if at is None else getattr(parent, name)[at]


def _put(place: tuple[Any, str, int | None], value: Any) -> None:
    parent, name, at = place
    if at is None:
        setattr(parent, name, value)
    else:
        getattr(parent, name)[at] = value


def _loads(tree: ast.AST) -> list[tuple[Any, str, int | None]]:
    """Where expressions are read: a target can be no call, and no number."""
    places = _places(tree, ast.expr)
    return [one for one in places if not isinstance(getattr(_at(one), "ctx", None), ast.Store)]


def _replace_a_literal(random: Random, tree: ast.AST, other: ast.AST) -> None:
    if places := _places(tree, ast.Constant):
        _put(random.choice(places), ast.Constant(random.choice(_LITERALS)))


def _exchange_expressions(random: Random, tree: ast.AST, other: ast.AST) -> None:
    places = _loads(tree)
    one, two = random.choice(places), random.choice(places)
    values = copy.deepcopy(_at(one)), copy.deepcopy(_at(two))
    _put(one, values[1])
    if random.random() < 0.5:
        _put(two, values[0])


def _graft_an_expression(random: Random, tree: ast.AST, other: ast.AST) -> None:
    _put(random.choice(_loads(tree)), copy.deepcopy(_at(random.choice(_loads(other)))))


def _wrap_an_expression(random: Random, tree: ast.AST, other: ast.AST) -> None:
    place = random.choice(_loads(tree))
    inner = _at(place)
    name = ast.Name(random.choice(("model", "layers", "keras", "tfp", "x", "f", "len", "range")))
    wrapped: list[ast.expr] = [
        ast.List([inner]),
        ast.Tuple([inner, inner]),
        ast.Call(inner, [], []),
        ast.Call(name, [inner], []),
        ast.Call(name, [], [ast.keyword(None, inner)]),
        ast.BinOp(inner, random.choice((ast.Div(), ast.Pow(), ast.Mult(), ast.MatMult())), inner),
        ast.UnaryOp(random.choice((ast.USub(), ast.Not(), ast.Invert())), inner),
        ast.IfExp(name, inner, inner),
        ast.Attribute(inner, random.choice(("shape", "losses", "add", "layers", "__class__"))),
        ast.Subscript(inner, random.choice((ast.Constant(0), ast.Slice(), name))),
        ast.Lambda(ast.arguments([], [], None, [], [], None, []), inner),
        ast.Dict([ast.Constant("a"), None], [inner, inner]),
        ast.ListComp(inner, [ast.comprehension(ast.Name("x"), inner, [], 0)]),
        ast.JoinedStr([ast.FormattedValue(inner, -1)]),
    ]
    _put(place, random.choice(wrapped))


def _change_a_call(random: Random, tree: ast.AST, other: ast.AST) -> None:
    if not (places := _places(tree, ast.Call)):
        return
    call = _at(random.choice(places))
    given = call.args if random.random() < 0.5 else call.keywords
    match random.randrange(4):
        case 0 if given:
            del given[random.randrange(len(given))]
        case 1 if given:
            given.append(given[random.randrange(len(given))])
        case 2 if call.keywords:
            names = [one.arg for one in ast.walk(other) if isinstance(one, ast.keyword)]
            random.choice(call.keywords).arg = random.choice(names or [None])
        case _:
            call.args.insert(0, ast.Starred(ast.Name("x")))


def _rename(random: Random, tree: ast.AST, other: ast.AST) -> None:
    names = [one for one in ast.walk(tree) if isinstance(one, ast.Name)]
    attributes = [one for one in ast.walk(tree) if isinstance(one, ast.Attribute)]
    if names and random.random() < 0.5:
        random.choice(names).id = random.choice(names).id
    elif attributes:
        random.choice(attributes).attr = random.choice(attributes).attr


def _move_statements(random: Random, tree: ast.AST, other: ast.AST) -> None:
    places = _places(tree, ast.stmt)
    if not places:
        return
    parent, name, at = random.choice(places)
    body = getattr(parent, name)
    statement = body[at]
    match random.randrange(5):
        case 0:
            body[at] = ast.Pass()
        case 1:
            body.insert(random.randrange(len(body) + 1), copy.deepcopy(statement))
        case 2:
            body[at] = copy.deepcopy(_at(random.choice(_places(other, ast.stmt))))
        case 3:
            body[at] = ast.For(
                ast.Name("i"), ast.Call(ast.Name("range"), [ast.Constant(9)], []), [statement], []
            )
        case _:
            into = getattr(random.choice(places)[0], "body", body)
            if isinstance(into, list) and into and isinstance(into[0], ast.stmt):
                into.append(copy.deepcopy(statement))


_CHANGES: tuple[Callable[[Random, ast.AST, ast.AST], None], ...] = (
    *(_replace_a_literal, _replace_a_literal, _exchange_expressions, _graft_an_expression),
    *(_wrap_an_expression, _change_a_call, _rename, _move_statements),
)


def _grown(random: Random, data: bytes) -> bytes:
    """Code that nests deeply, or that would run for ages."""
    depth = random.choice((50, 500, 5000))
    grown = [
        b"x = " + b"(" * depth + b"1" + b")" * depth,
        b"x = " + b"[" * depth + b"]" * depth,
        b"x = " + b"-" * depth + b"1",
        b"x = 1" + b" + 1" * depth,
        b"x = " + b"f(" * depth + b")" * depth,
        b"x = a" + b".b" * depth,
        b"x = [1]\n" + b"x = x + x\n" * depth,
        b"x = [1]\n" + b"x = [x, x]\n" * min(depth, 500),
        b"f = lambda *a: [f(*a), f(*a)]\nf(1)",
        b"".join(b" " * n + b"if 1:\n" for n in range(min(depth, 90))) + b" " * 90 + b"x = 1",
        b"for a in range(1000):\n for b in range(1000):\n  model = keras.Sequential([model, model])",
        b"for a in range(500):\n model.add(keras.layers.Dense(a, activation='relu'))",
        b"def f(n):\n return [f(n - 1), f(n - 1)] if n else 1\nx = f(40)",
        b"x = 'a' * 10**9\ny = 10**10**9\nz = [0] * 10**9\nw = list(range(10**9))",
    ]
    lines = data.split(b"\n")
    lines.insert(random.randrange(len(lines) + 1), random.choice(grown))
    return b"\n".join(lines)
