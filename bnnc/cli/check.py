"""`bnnc check`."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnnc.cli.exit_codes import FINDINGS, FINE, WRONG_USE, UserError, refusals
from bnnc.cli.fixing import Fixing, Offers, fix_line, offers
from bnnc.cli.spec_files import Candidate, candidates, nothing_found
from bnnc.cli.specs import read, setting_option
from bnnc.cli.terminal import colored, echo, echo_labelled, width
from bnnc.compiler import pipeline
from bnnc.compiler.composition.cache import Cache
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.outcome import STANDARD_INPUT, File, Outcome
from bnnc.compiler.diagnostics.selection import Selection, SelectionError, make_selection
from bnnc.compiler.diagnostics.wording import counted
from bnnc.compiler.reading.detect import is_spec
from bnnc.compiler.reading.encoding import read_bytes
from bnnc.compiler.text.source import Source

if TYPE_CHECKING:
    from bnnc.compiler.analysis.data_facts import Looking
    from bnnc.compiler.checking.fixes import AppliedFix

# Forms that need all findings before the first can be written; the module of the same name is
# imported when it is asked for.
_DOCUMENTS = ("json", "github", "sarif")


@dataclass(frozen=True, slots=True)
class _Settings:
    """How files are checked: the options of one call."""

    standard_input: str
    selection: Selection
    specs_only: bool
    fixing: Fixing | None
    settings: tuple[Source, ...]
    cache: Cache
    data: Looking | None = None


@dataclass(frozen=True, slots=True)
class _Checked:
    """A file, its findings that are shown, the fixes that were applied, and those that could be.

    `offered` are the numbers of findings that `--fix` and `--unsafe-fixes` would remove from it.
    """

    file: File
    diagnostics: tuple[Diagnostic, ...] = ()
    fixes: tuple[AppliedFix, ...] = ()
    offers: Offers = field(default_factory=Offers)


@click.command("check")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option(
    "--output-format",
    "form",
    type=click.Choice(["text", *_DOCUMENTS]),
    default="text",
    show_default=True,
    help="text for people; json for programs; github for annotations in GitHub Actions; sarif for"
    " code scanning.",
)
@click.option(
    "--select",
    multiple=True,
    metavar="CODE,...",
    help="Show only these warnings and remarks: codes, beginnings of codes such as BNN4, or names of"
    " rules. Errors are always shown, and always count.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="CODE,...",
    help="Do not show these warnings and remarks, also where selected. Errors cannot be ignored. In a"
    " spec, a comment at the end of a line does the same for it: # bnnc: ignore[BNN603]",
)
@click.option(
    "--specs-only",
    is_flag=True,
    help="Skip files without the key `bnnc` at the top, also named ones; no file left is not an error. For"
    " tools that pass every changed file.",
)
@click.option(
    "--data",
    is_flag=True,
    help="Look at every row of the data too, as `bnnc data` does: duplicates, unreadable files, labels.",
)
@click.option("--fix", is_flag=True, help="Apply the fixes that keep the model.")
@click.option("--unsafe-fixes", is_flag=True, help="Apply the fixes that change the model, too.")
@click.option("--diff", is_flag=True, help="Show what would be fixed; write nothing.")
@click.option(
    "--stdin-filename",
    metavar="NAME",
    help="Name of standard input in findings; files that it extends are relative to that name.",
)
@setting_option("Override a value of each spec.")
def command(
    specs: tuple[str, ...],
    form: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    specs_only: bool,
    data: bool,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    stdin_filename: str | None,
    settings: tuple[Source, ...],
) -> int:
    """Check specs; report every finding with its place and a remedy.

    SPEC is a YAML or JSON file, a Keras or TFP script (.py) or notebook (.ipynb), which is read and
    never run, a folder, a pattern such as 'specs/**/*.yaml', or - for standard input. In a folder every .yaml, .yml and .json file with the key `bnnc` at the top is checked,
    also in the folders below it, but not in hidden ones or in build, dist, env, node_modules and
    venv. A file is checked once, with the files that it extends; what is wrong in a file that
    several specs extend is shown once, and fixed there alone. TensorFlow is not imported.

    Exits with 0 if no spec has errors, 1 if one has, and 2 on wrong use or if a file cannot be
    read; the others are checked all the same.
    """
    if stdin_filename is not None and "-" not in specs:
        raise UserError("--stdin-filename names standard input; give - as SPEC too")
    if "-" in specs and (fix or unsafe_fixes) and not diff:
        raise UserError("standard input cannot be fixed in place; show the fixes with --diff")
    if diff and form != "text":
        raise UserError("--diff is text; it cannot go with --output-format")
    if settings and (fix or unsafe_fixes or diff):
        raise UserError("--fix edits a spec as it is; it cannot go with --set")
    look = _looking() if data else None
    fixing = Fixing(not diff, unsafe_fixes, look) if fix or unsafe_fixes or diff else None
    try:
        selection = make_selection(select, ignore)
    except SelectionError as error:
        raise UserError(str(error)) from None
    files: list[File] = []
    found: dict[Diagnostic, None] = {}
    fixed = 0
    offered = Offers()
    how = _Settings(
        stdin_filename or STANDARD_INPUT, selection, specs_only, fixing, settings, Cache(), look
    )
    for checked in _checked(specs, how):
        files.append(checked.file)
        # What is wrong in a file that several specs extend is wrong once.
        new = tuple(one for one in checked.diagnostics if one not in found)
        found.update(dict.fromkeys(new))
        fixed += len(checked.fixes)
        if form == "text":
            for one in checked.fixes:
                echo(fix_line(checked.file.name, one), err=diff, indent="  ")
        offered += checked.offers
        if checked.file.status == "unreadable":
            echo_labelled("error", checked.file.reason, "red")
        if new and form == "text" and not diff:
            from bnnc.compiler.diagnostics.render import render

            rendered = render(new, color=colored(), columns=width())
            click.echo(rendered + "\n", color=colored())
    outcome = Outcome(_root(), tuple(files), tuple(found), _exit_code(files))
    if diff:
        click.echo(f"{counted(fixed, 'finding')} would be fixed", err=True)
    elif form == "text":
        _end(outcome, fixed, offered)
    else:
        module = importlib.import_module(f"bnnc.compiler.diagnostics.{form}_form")
        click.echo(module.form(outcome))
    return outcome.exit_code


def _looking() -> Looking:
    # Imported where it is needed: most checks look at no row.
    from bnnc.compiler.analysis.data_facts import Looking

    return Looking()


def _checked(arguments: tuple[str, ...], settings: _Settings) -> Iterator[_Checked]:
    """Each file once, with its findings that are shown."""
    seen: set[str] = set()
    for argument in arguments:
        try:
            offered = candidates(argument)
        except UserError as error:
            yield _unreadable(argument, error)
            continue
        holds_spec = settings.specs_only
        for candidate in offered:
            if candidate.identity not in seen:
                checked = _check(candidate, settings)
                if checked is None:
                    continue
                seen.add(candidate.identity)
                yield checked
            holds_spec = True
        if not holds_spec:
            yield _unreadable(argument, nothing_found(argument))


def _check(candidate: Candidate, settings: _Settings) -> _Checked | None:
    """Check a file; None if it is not a spec and need not be one."""
    try:
        name, text = read(candidate.name, settings.standard_input)
    except UserError as error:
        return _unreadable(candidate.name, error)
    may_be_passed_over = settings.specs_only or not candidate.is_named
    if may_be_passed_over and not is_spec(read_bytes(name, text)[0].text):
        return None
    with refusals():
        report = pipeline.check_bytes(
            name, text, settings=settings.settings, cache=settings.cache, data=settings.data
        )
    fixes: tuple[AppliedFix, ...] = ()
    if settings.fixing is not None:
        path = None if candidate.name == "-" else Path(candidate.name)
        try:
            report, fixes = settings.fixing.of(report, text, path, settings.cache)
        except UserError as error:
            return _unreadable(candidate.name, error)
    file = File(name, "accepted" if report.ok else "refused")
    shown = settings.selection.of(report.diagnostics)
    return _Checked(file, shown, fixes, offers(report.source, shown))


def _unreadable(name: str, error: UserError) -> _Checked:
    return _Checked(File(name, "unreadable", str(error)))


def _exit_code(files: list[File]) -> int:
    statuses = {file.status for file in files}
    if "unreadable" in statuses:
        return WRONG_USE
    return FINDINGS if "refused" in statuses else FINE


def _end(outcome: Outcome, fixed: int, offered: Offers) -> None:
    """The last lines of the text form."""
    if fixed:
        click.echo(f"{counted(fixed, 'finding')} fixed")
    if outcome.diagnostics:
        from bnnc.compiler.diagnostics.render import summary

        click.echo(summary(outcome.diagnostics))
        if text := str(offered):
            echo(text)
    elif outcome.exit_code == FINE and not fixed:
        click.echo(f"{outcome.checked} checked, no findings")


def _root() -> Path:
    """Where names of files begin for GitHub: its workspace, or the current folder elsewhere."""
    return Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).absolute()
