"""Read the files that a spec extends, and merge them in the order in which they are named."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bnnc.compiler.composition.cache import Cache, Composed
from bnnc.compiler.composition.files import (
    File,
    identity,
    near_names,
    path_from,
    read_file,
)
from bnnc.compiler.composition.findings.bnn019_extends_is_no_file_name import (
    extends_is_no_file_name,
)
from bnnc.compiler.composition.findings.bnn020_missing_base import missing_base
from bnnc.compiler.composition.findings.bnn021_unreadable_base import unreadable_base
from bnnc.compiler.composition.findings.bnn022_circular_extends import Link, circular_extends
from bnnc.compiler.composition.findings.bnn023_too_much_extended import too_much_extended
from bnnc.compiler.composition.findings.bnn024_extends_without_a_folder import (
    extends_without_a_folder,
)
from bnnc.compiler.composition.merge import merge, nodes_of
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.reading.findings.bnn101_unsupported_version import unsupported_version
from bnnc.compiler.text.limits import MAX_BYTES, MAX_FILES, MAX_NODES
from bnnc.compiler.text.source import Source, Span
from bnnc.compiler.text.tree import Mapping, Scalar, Sequence
from bnnc.specs.spec import EXTENDS, LANGUAGE_VERSION
from bnnc.system.reading import NotAFileError


@dataclass(frozen=True, slots=True)
class _Step:
    """A file on the way down, and the place where it names the next one."""

    identity: str | None
    link: Link


class _TooMuchError(Exception):
    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


class Bases:
    """The files that specs extend, each read and put together once for all that share a cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def compose(self, source: Source, tree: Mapping) -> Composed:
        """Compose a spec with the files that it extends; findings of its own text are not repeated."""
        try:
            return self._over_bases(File(identity(source), source, tree, ()), ())
        except _TooMuchError as stopped:
            return Composed(None, (stopped.finding,), {})

    def _over_bases(self, file: File, above: tuple[_Step, ...]) -> Composed:
        """A file over what it extends; `above` are the files that led to it."""
        tree = file.tree
        if tree is None:
            return Composed(None, file.findings, {file.source: (0, 0)})
        findings = list(file.findings)
        bases: list[Composed] = []
        for name in self._names(file, tree, findings):
            if file.source.folder is None:
                findings.append(extends_without_a_folder(name.span, str(name.value)))
                return Composed(None, tuple(findings), {})
            path = path_from(file.source.folder, str(name.value))
            step = _Step(file.identity, Link(file.source.name, path, name.span))
            base = self._base(path, (*above, step))
            findings += base.findings
            bases.append(base)
            self._limit(name.span, (source for one in bases for source in one.files.items()))
        files = {source: size for one in bases for source, size in one.files.items()}
        files[file.source] = file.size, nodes_of(tree)
        self._limit(tree.first_place, files.items())
        below: Mapping | None = None
        for base in bases:
            if base.tree is None:
                return Composed(None, tuple(findings), files)
            below = base.tree if below is None else merge(below, base.tree)
        if below is not None:
            tree = merge(below, tree)
        complete = len(bases) > 0 or tree.entry(EXTENDS) is None
        return Composed(tree if complete else None, tuple(findings), files)

    def _names(self, file: File, tree: Mapping, findings: list[Diagnostic]) -> list[Scalar]:
        """The values that name files, after a finding for each that cannot."""
        entry = tree.entry(EXTENDS)
        if entry is None:
            return []
        listed = isinstance(entry.value, Sequence)
        named = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
        names = [one for one in named if isinstance(one, Scalar) and one.value]
        names = [one for one in names if isinstance(one.value, str)]
        if len(names) == len(named) and names:
            return names
        for one in named if named else (entry.value,):
            reported = isinstance(one, Scalar) and one.reported
            if one not in names and not reported:
                findings.append(extends_is_no_file_name(one, in_list=listed and bool(named)))
        return []

    def _base(self, path: str, above: tuple[_Step, ...]) -> Composed:
        """A file that is extended, over what it extends itself; without its own `extends`."""
        link = above[-1].link
        opened = self._open(path, link.span)
        if isinstance(opened, Diagnostic):
            return Composed(None, (opened,), {})
        file, key = opened, str(opened.identity)
        begins = [step.identity for step in above]
        if key in begins:
            links = tuple(step.link for step in above[begins.index(key) :])
            return Composed(None, (circular_extends(links),), {})
        if key in self._cache.composed:
            return self._cache.composed[key]
        if len(above) >= MAX_FILES:
            raise _TooMuchError(
                too_much_extended(link.span, "files", MAX_FILES, above[0].link.span)
            )
        composed = self._over_bases(_without_other_version(file), above)
        tree = composed.tree
        if tree is not None:
            entries = tuple(one for one in tree.entries if one.key != EXTENDS)
            composed = replace(composed, tree=replace(tree, entries=entries))
        self._cache.composed[key] = composed
        return composed

    def _open(self, path: str, span: Span) -> File | Diagnostic:
        key = os.path.realpath(path) if "\0" not in path else path
        if key in self._cache.files:
            return self._cache.files[key]
        try:
            file = read_file(path)
        except FileNotFoundError:
            return missing_base(span, path, near_names(path, span.source.name))
        except NotAFileError as error:
            return unreadable_base(span, path, f"is {error.kind}, not a file")
        except (OSError, ValueError) as error:  # ValueError: a path with a null character
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            return unreadable_base(span, path, f"cannot be read: {reason[0].lower()}{reason[1:]}")
        here = Label(span, "extended here")
        findings = tuple(replace(one, related=(*one.related, here)) for one in file.findings)
        file = replace(file, findings=findings)
        self._cache.files[key] = file
        return file

    def _limit(self, span: Span, files: Iterable[tuple[Source, tuple[int, int]]]) -> None:
        counted = dict(files)
        sizes = {
            "files": (len(counted), MAX_FILES),
            "bytes": (sum(size for size, _ in counted.values()), MAX_BYTES),
            "keys and values": (sum(nodes for _, nodes in counted.values()), MAX_NODES),
        }
        for what, (count, limit) in sizes.items():
            if count > limit:
                raise _TooMuchError(too_much_extended(span, what, limit))


def _without_other_version(file: File) -> File:
    """The file, unreadable if it is in another version of the language, which it may override."""
    entry = file.tree.entry("bnnc") if file.tree else None
    version = entry.value.value if entry and isinstance(entry.value, Scalar) else None
    if entry is None or type(version) is not int or version == LANGUAGE_VERSION:
        return file
    refused = unsupported_version(entry.value.span, version)
    return replace(file, tree=None, findings=(*file.findings, refused))
