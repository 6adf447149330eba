"""`bnnc explain`."""

from __future__ import annotations

import re
from difflib import get_close_matches

import click

from bnnc.cli.exit_codes import UserError
from bnnc.cli.terminal import width
from bnnc.compiler.diagnostics.catalog import Rule, rules
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.language.concepts import (
    TOPICS,
    Concept,
    concepts,
    find_concept,
    key_of,
)
from bnnc.compiler.language.explained import field_page, rule_page
from bnnc.compiler.language.schema_queries import (
    choices,
    field_paths,
    listing,
    schema_of_field,
)
from bnnc.system.wrapping import definitions, page

# Of the fields that end in a word, how many are named below its page.
_FIELDS_SHOWN = 4


@click.command("explain")
@click.argument("subject", nargs=-1, metavar="[CODE|FIELD|WORD]")
def command(subject: tuple[str, ...]) -> None:
    """Print a rule's page, what a field of a spec means, or what a word means.

    CODE is a code or name of a rule, as in BNN301 or softmax-output-read-as-logits; FIELD is a
    path, as in loss.kl.weight or layers.conv2d.strides, or its end, as in kl.weight; WORD is a word
    of the field, as in ELBO, flipout or cold posterior. Without any of them, lists all rules and
    words.
    """
    if not subject:
        click.echo(_everything(width()))
        return
    click.echo(_pages(" ".join(subject), width()))


def _everything(columns: int | None) -> str:
    """All rules, then all concepts by topic."""
    named = ((f"{one.code}  {one.severity:<11}", _title(one)) for one in rules().values())
    parts = [definitions(named, columns)]
    for topic, title in TOPICS.items():
        words = [(one.title, one.summary) for one in concepts().values() if one.topic == topic]
        parts.append(f"{title}:\n{definitions(words, columns, indent='  ')}")
    return "\n\n".join(parts)


def _pages(subject: str, columns: int | None) -> str:
    """The page of everything that a subject names: a concept, a rule and a field.

    Raises: UserError with suggestions, if it names nothing or, of fields alone, several.
    """
    concept = None if "." in subject else find_concept(subject)  # kl.weight is a field
    rule, fields = _find_rule(subject), _fields(subject)
    found = [
        *([page(_concept_page(concept, fields), columns)] if concept else []),
        *([page(rule_page(rule), columns)] if rule else []),
        *([field_page(fields[0], columns)] if len(fields) == 1 and not rule else []),
    ]
    if not found:
        raise UserError(_nothing_called(subject, fields))
    return "\n\n".join(found)


def _find_rule(subject: str) -> Rule | None:
    for rule in rules().values():
        if subject.upper() == rule.code or key_of(subject) == key_of(rule.name):
            return rule
    return None


def _concept_page(concept: Concept, fields: list[str]) -> str:
    """The page of a concept, and the fields of its name if there are several."""
    if len(fields) < 2:
        return concept.page
    first = sorted(fields, key=lambda path: (path.startswith("layers."), path.count(".")))
    shown = ", ".join(f"`{path}`" for path in first[:_FIELDS_SHOWN])
    more = f" and {len(fields) - _FIELDS_SHOWN} more" if len(fields) > _FIELDS_SHOWN else ""
    return (
        f"{concept.page}\n\nFields of this name: {shown}{more}. `bnnc explain FIELD` explains one."
    )


def _title(rule: Rule) -> str:
    return rule.docstring.strip().splitlines()[0]


def _fields(subject: str) -> list[str]:
    """The fields that a path, or the end of one, stands for."""
    if schema_of_field(subject) is not None:
        return [subject]
    return [path for path in field_paths() if subject and path.endswith(f".{subject}")]


def _nothing_called(subject: str, fields: list[str]) -> str:
    """Suggest subjects instead of one that is no rule, no word and not exactly one field."""
    if fields:
        return f"several fields end in {quoted(subject)}: give one of " + ", ".join(fields)
    missing = f"there is no rule, field or word {quoted(subject)}"
    everything = "`bnnc explain` lists the rules and words, `bnnc schema` holds every field"
    if re.fullmatch(r"(?i)bnn\d*", subject):
        family = [code for code in rules() if code.startswith(subject[:4].upper())]
        if family and len(subject) > 3:
            codes = f"{family[0]} to {family[-1]}" if len(family) > 1 else family[0]
            return (
                f"there is no rule {quoted(subject)}: of its family there are {codes}; {everything}"
            )
        return f"there is no rule {quoted(subject)}: {everything}"
    if not subject:
        return f"the name of a rule, field or word is empty: {everything}"
    hint = listing([f"`{one}`" for one in _meant(subject)])
    return missing + (f"; did you mean {hint}?" if hint else f": {everything}")


def _meant(subject: str) -> list[str]:
    """The rules, fields and words that may have been meant, the likeliest first."""
    from bnnc.compiler.language.key_suggestions import meant_path

    word = subject.lower()
    of_values = [
        path
        for path, schema in field_paths().items()
        if word in choices(schema) and path.count(".") < 3 and not path.endswith(".type")
    ]
    last = word.rpartition(".")[2]
    by_end: dict[str, list[str]] = {}
    for path in field_paths():
        by_end.setdefault(path.rpartition(".")[2], []).append(path)
    known = [*field_paths(), *rules(), *(rule.name for rule in rules().values())]
    said = meant_path(word, [], ("",), None, None)
    elsewhere = _fields(".".join(map(str, said[-1:]))) if said else []
    close = get_close_matches(subject, known, n=3)
    ends = [path for end in get_close_matches(last, by_end, n=1) for path in by_end[end]]
    words = {key_of(name): name for one in concepts().values() for name in one.names}
    alike = [words[key] for key in get_close_matches(key_of(subject), words, n=2, cutoff=0.75)]
    found = [*elsewhere, *of_values, *alike, *close, *(ends if not close else [])]
    return list(dict.fromkeys(found))[:3]
