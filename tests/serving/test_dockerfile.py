"""The Dockerfile: two stages, an ordinary user, and nothing that is not there."""

import json
import re
import tomllib
from pathlib import Path

from bnnc.cli.serve import command
from bnnc.serving.app import make_app
from bnnc.serving.preflight import Limits
from tests.support.serving import tiny_model

ROOT = Path(__file__).parents[2]
Instruction = tuple[str, str]


def instructions() -> list[Instruction]:
    text = (ROOT / "Dockerfile").read_text()
    lines = [one for one in text.splitlines() if not one.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (one.split(maxsplit=1)[0], one.split(maxsplit=1)[1]) for one in joined.splitlines() if one
    ]


def given(name: str) -> list[str]:
    return [value for one, value in instructions() if one == name]


def test_it_builds_in_one_stage_and_runs_in_another_as_an_ordinary_user() -> None:
    names = [name for name, _ in instructions()]
    assert names.count("FROM") == 2
    last = len(names) - names[::-1].index("FROM")
    assert "RUN" in names[: names.index("FROM", 2)]
    assert ("COPY", "--from=build /opt/bnnc /opt/bnnc") in instructions()[last:]
    assert given("USER") == ["bnnc"]
    assert names.index("USER") > names.index("RUN", last)
    assert any("useradd" in one and " bnnc" in one for one in given("RUN"))


def test_it_installs_extras_that_there_are() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    [chosen] = [one.removeprefix("EXTRAS=") for one in given("ARG") if one.startswith("EXTRAS")]
    page = (ROOT / "docs" / "serving.md").read_text()
    for one in (chosen, *re.findall(r"EXTRAS=(\S+)", page)):
        assert set(one.split(",")) <= set(extras)


def test_its_command_is_a_command_with_options_that_there_are() -> None:
    program, name, *options = json.loads(given("ENTRYPOINT")[0])
    assert (program, name) == ("bnnc", command.name)
    parsed = command.make_context("serve", [*options, *json.loads(given("CMD")[0])])
    assert str(parsed.params["run"]) == "/model"
    assert given("EXPOSE") == [str(parsed.params["port"])]


def test_it_is_healthy_when_the_server_is_ready() -> None:
    [check] = given("HEALTHCHECK")
    said = json.loads(check.partition("CMD ")[2])[-1]
    compile(said, "HEALTHCHECK", "exec")
    [path] = re.findall(r"127\.0\.0\.1:8080(/[^']*)'", said)
    app = make_app(tiny_model(), Limits())
    assert path in {getattr(one, "path", "") for one in app.routes}


def test_what_it_copies_is_all_that_an_installation_needs() -> None:
    kept = [one[1:] for one in (ROOT / ".dockerignore").read_text().splitlines() if one[:1] == "!"]
    assert set(kept) >= {"pyproject.toml", "README.md", "LICENSE", "bnnc"}
    links = [one for one in (ROOT / "bnnc").iterdir() if one.is_symlink()]
    assert links
    assert {one.resolve().name for one in links} <= set(kept)
