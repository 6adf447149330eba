"""`bnnc explain`."""

from __future__ import annotations

import inspect
from difflib import get_close_matches

import click

from bnnc.cli.endings import UsersError
from bnnc.compiler.expected import describe, field_paths, schema_of_field
from bnnc.compiler.rules.registry import Rule, rules


@click.command("explain")
@click.argument("subject", required=False, metavar="[CODE|FIELD]")
def command(subject: str | None) -> None:
    """Print a rule's page, or what a field of a spec means.

    CODE is a code or name of a rule, as in BNN301 or softmax-output-read-as-logits; FIELD is a
    path, as in loss.kl.weight or layers.conv2d.strides. Without either, lists all rules.
    """
    if subject is None:
        for rule in rules().values():
            click.echo(f"{rule.code}  {rule.severity:<11}  {_title(rule)}")
        return
    found = _find_rule(subject)
    click.echo(_rule_page(found) if found else _field_page(subject))


def _find_rule(subject: str) -> Rule | None:
    for rule in rules().values():
        if subject.upper() == rule.code or subject.lower() == rule.name:
            return rule
    return None


def _title(rule: Rule) -> str:
    return rule.page.strip().splitlines()[0]


def _rule_page(rule: Rule) -> str:
    title, _, rest = inspect.cleandoc(rule.page).partition("\n")
    return f"# {rule.code}: {rule.name} ({rule.severity})\n\n{title}\n{rest.rstrip()}"


def _field_page(subject: str) -> str:
    schema = schema_of_field(subject)
    if schema is None:
        known = [*field_paths(), *rules(), *(rule.name for rule in rules().values())]
        close = get_close_matches(subject, known, n=3)
        hint = " or ".join(f"`{one}`" for one in close)
        raise UsersError(
            f"there is no rule and no field `{subject}`"
            + (f"; did you mean {hint}?" if hint else "; `bnnc explain` lists the rules")
        )
    lines = [f"# {subject}", "", schema.get("description", "").strip()]
    lines.append(f"\nMust be {describe(schema)}.")
    if "default" in schema:
        lines.append(f"Default: {_written(schema['default'])}")
    inside = [path for path in field_paths() if path.rpartition(".")[0] == subject]
    if inside:
        lines.append("\nFields:")
        lines.extend(f"  {path}" for path in inside)
    return "\n".join(lines)


def _written(value: object) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value)
