"""What a YAML syntax error means to the person who wrote the text.

PyYAML says what its state machine expected, and says it where the machine stopped. Here the
mistakes that people make are recognised from the problem and the text around it, and told at the
place where they were made. libyaml and PyYAML's own scanner word the problems differently, so
each is asked for by the words that both have.
"""

from __future__ import annotations

import yaml

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.reading.findings.bnn001_yaml_syntax import yaml_syntax
from bnnc.compiler.reading.syntax_errors import keys, structure, tokens
from bnnc.compiler.reading.syntax_errors.failure import Failure
from bnnc.compiler.reading.tree_builder import TreeBuilder
from bnnc.compiler.text.source import Source
from bnnc.printable import harmless


def explain(
    source: Source,
    error: yaml.MarkedYAMLError,
    shift: int,
    builder: TreeBuilder,
) -> Diagnostic:
    """The finding for an error of PyYAML: what was written, and what to write instead."""
    problem_mark, context_mark = error.problem_mark, error.context_mark
    failure = Failure(
        source=source,
        problem=str(error.problem or ""),
        context=str(error.context or ""),
        at=min(problem_mark.index + shift, len(source.text)) if problem_mark else 0,
        since=context_mark.index + shift if context_mark else None,
        last=builder.last,
        depth=builder.depth,
        open_bracket=builder.open_bracket,
    )
    for words, cause in _CAUSES:
        if words in failure.problem or words in failure.context:
            finding = cause(failure)
            if finding is not None:
                return finding
    return yaml_syntax(
        failure.span(failure.at),
        f"the text is not valid YAML: {harmless(failure.problem)}",
        label="reading stopped here",
        notes=(f"the parser stopped {failure.context}",) if failure.context else (),
        help=("the error is here or shortly before; compare with a spec that `bnnc init` writes",),
    )


# Asked in this order; the words occur in the problem or in the context of the error.
_CAUSES = (
    ("maximum nesting depth", structure.nesting),
    ("cannot start any token", tokens.bad_start),
    ("found a tab character", tokens.tab),
    ("mapping values are not allowed", keys.colon),
    ("found unexpected ':'", keys.colon_in_brackets),
    ("could not find expected ':'", keys.no_colon),
    ("sequence entries are not allowed", keys.list_on_the_line),
    ("mapping keys are not allowed", keys.question_mark),
    ("unexpected end of stream", tokens.open_quote),
    ("unexpected document", tokens.open_quote),
    ("quoted scalar", tokens.escape),
    ("alphabetic or numeric", tokens.name),
    ("while scanning a block scalar", tokens.block_header),
    ("while scanning a tag", tokens.tag),
    ("while parsing a tag", tokens.tag),
    ("undefined tag handle", tokens.tag),
    ("document start", structure.after_the_end),
    ("',' or ']'", structure.bracket),
    ("',' or '}'", structure.bracket),
    ("node content", structure.no_content),
    ("expected key", structure.stray),
    ("'-' indicator", structure.stray),
    ("block end", structure.stray),
    ("document start", structure.stray),
    ("directive", tokens.directive),
    ("incompatible YAML", tokens.directive),
)
