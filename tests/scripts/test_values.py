"""Values of scripts that are followed without running them, and those that are not."""

from __future__ import annotations

from random import Random

import pytest

from bnnc.compiler.pipeline import check
from bnnc.compiler.scripts.evaluate import Evaluation
from bnnc.compiler.scripts.parsing import code_of
from bnnc.compiler.scripts.values import Items, Known, Value
from bnnc.compiler.text.source import Source
from tests.scripts.test_corpus import SCRIPTS


def value_of(text: str) -> Value:
    """The value of `x` after a script."""
    evaluation = Evaluation(code_of(Source("script.py", text)))
    found = evaluation.globals.find("x")
    assert found is not None
    return evaluation.lists.seen(found, found.span)


def plain(value: Value) -> object:
    if isinstance(value, Items):
        return [plain(one) for one in value.items]
    assert isinstance(value, Known), value
    return value.value


@pytest.mark.parametrize(
    "text",
    [
        "x = 3",
        "x = 2 * 3 + 4 // 3 - 1",
        "a, (b, c) = 1, (2, 3)\nx = [a, b, c]",
        "x = [n * 2 for n in range(4)]",
        "x = 0\nfor n in (1, 2, 3):\n    x += n",
        "def f(a, b=2, *c, d=4, **e):\n    return [a, b, d, len(c)]\nx = f(1, 5, 6, 7, d=8)",
        "def f(n):\n    if n == 0:\n        return 1\n    return n * f(n - 1)\nx = f(5)",
        "x = (lambda a, b: a - b)(5, b=3)",
        "x = f'layer_{3}'",
        "x = {'a': [1, 2]}['a'][-1]",
        "x = 1 if 2 > 1 else 3",
        "class A:\n    def __init__(self, n):\n        self.n = n\n    def twice(self):\n        return self.n * 2\nx = A(4).twice()",
        "x = [a + b for a, b in zip([1, 2], [3, 4])]",
        "x = list(enumerate(['a', 'b']))",
        "x = [1, 2] * 2 + [3]",
        "x = not (1 and 0)",
        "for x in range(10):\n    if x == 4:\n        break",
        "if True:\n    x = 1\nelse:\n    x = 2",
        "x = 1\ndef f():\n    global x\n    x = 2\nf()",
        "def f():\n    n = 1\n    def g():\n        nonlocal n\n        n += 1\n    g()\n    return n\nx = f()",
        "x = (n := 3) + n",
        "x = []\ny = x\ny.append(1)\nx.extend([2, 3])",
        "def f(a, n):\n    a.append(n)\nx = []\nf(x, 1)\nf(x, 2)",
        "class A:\n    def __init__(self):\n        self.n = []\n        for i in range(3):\n            self.n.append(i)\nx = A().n",
        "x = [[1], [2]]\nfor a in x:\n    a.append(5)\nx = x[0]",
        "x = [1, 2, 3]\ny = x.pop()\nx.insert(0, y)\nx.reverse()",
        "a = {'b': [1]}\na['b'].append(2)\nx = a['b']",
        "x = [3]\nx[0] = 4\ny = x\ny[0] = 5",
        "x = [3]\nx += [4]\nx.append(5)",
        "import math\nx = [math.ceil(7 / 2), max(1, 2), round(2.6), abs(-3)]",
    ],
)
def test_a_value_is_what_python_computes(text: str) -> None:
    names: dict[str, object] = {}
    exec(text, names)  # noqa: S102 - the oracle, on the lines above
    expected = names["x"]
    found = plain(value_of(text))
    assert found == (
        list(map(list, expected))
        if isinstance(expected, list) and expected and isinstance(expected[0], tuple)
        else expected
    )


@pytest.mark.parametrize(
    "text",
    [
        "x = int(input())",
        "import os\nx = os.environ['UNITS'] + 1 if os.path.exists('a') else 2",
        "x = 10 ** 10 ** 10",
        "x = 'a' * 10 ** 9",
        "x = 1\nwhile x < 5:\n    x += 1",
        "import random\nif random.random() > 0.5:\n    x = 1\nelse:\n    x = 2",
        "def f(n):\n    return f(n + 1)\nx = f(0)",
        "x = 1 / 0",
        "a, b = open('a').parts\nx = a()",
        "x = 1\nmatch unknown():\n    case 1:\n        x = 2",
        "x = 1\nmatch unknown():\n    case [*x]:\n        pass",
        "def f():\n    return 1\nif unknown():\n    def f():\n        return 2\nx = f()",
        "x = 1\ndel x",
        "x = 1\ndef f():\n    global x\n    if unknown():\n        x = 2\nf()",
        "x = [1]\nif unknown():\n    x.append(2)",
        "x = [1]\ny = x\ny.sort(key=unknown)",
        "x = [1]\nx.insert(unknown(), 2)",
    ],
)
def test_a_value_that_is_not_known_is_no_guess(text: str) -> None:
    assert not isinstance(value_of(text), Known | Items)


def test_an_endless_script_ends() -> None:
    text = "x = 0\nfor a in range(1000):\n    for b in range(1000):\n        x = x + 1\n"
    Evaluation(code_of(Source("script.py", text)))
    text = "x = [0]\n" + "x = x + x\n" * 200
    # Its representation would be as long as 2**200 values.
    assert type(value_of(text)).__name__ == "Call"


@pytest.mark.parametrize("added", ["model", "keras.Sequential([model] * 500)"])
def test_a_model_that_is_added_to_itself_ends(added: str) -> None:
    text = "import keras\nmodel = keras.Sequential([keras.layers.Dense(10)])\n"
    text += f"for _ in range(500):\n    model.add({added})\n"
    found = check(Source("script.py", text)).diagnostics
    assert "the model has more layers than are followed" in {one.notes[0] for one in found}


def test_a_list_of_scales_that_are_not_known_is_no_error() -> None:
    text = (
        "import tf_keras as keras\nimport tensorflow_probability as tfp\n"
        "model = keras.Sequential([keras.layers.Dense(2, input_shape=(4,)),\n"
        "    tfp.layers.DistributionLambda(lambda t: tfp.distributions.MultivariateNormalDiag(\n"
        "        t, [scale(n=1), scale(n=2)]))])\n"
    )
    assert check(Source("script.py", text)).ok


def test_mutated_scripts_end_in_findings() -> None:
    """Lines left out, exchanged and doubled, and characters changed: no exception."""
    random = Random(0)
    texts = [script.read_text(encoding="utf-8") for script in SCRIPTS]
    for _ in range(400):
        lines = random.choice(texts).splitlines(keepends=True)
        for _ in range(random.randrange(1, 4)):
            at = random.randrange(len(lines))
            match random.randrange(4):
                case 0:
                    del lines[at]
                case 1:
                    lines.insert(at, random.choice(lines))
                case 2:
                    lines[at] = lines[at].replace(
                        random.choice("(),=.1"), random.choice("()[],=.0x"), 1
                    )
                case _:
                    other = random.randrange(len(lines))
                    lines[at], lines[other] = lines[other], lines[at]
            lines = lines or ["\n"]
        check(Source("script.py", "".join(lines)))
