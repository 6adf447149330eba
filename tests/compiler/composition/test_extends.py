"""`extends`: what counts over what, and relative to what."""

from __future__ import annotations

import json
import os
from pathlib import Path

from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import check, check_bytes
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import to_json
from tests.compiler.composition.conftest import BASE, Write, codes, only_message


def test_what_the_file_says_counts_over_what_it_extends(write: Write) -> None:
    spec = write(
        spec_yaml="extends: base.yaml\nname: wide\ntraining: {batch_size: 512, seed: 3}\n"
    ).accepted()
    assert (spec.name, spec.training.batch_size, spec.training.seed) == ("wide", 512, 3)
    assert spec.training.optimizer.model_dump()["beta_1"] == 0.5
    assert spec.input.shape == (28, 28, 1)


def test_the_fingerprint_is_that_of_the_spec_written_as_one(write: Write) -> None:
    whole = write(whole_yaml=BASE + "  epochs: 3\nname: one\n").accepted()
    parts = write(parts_yaml="extends: base.yaml\nname: one\ntraining: {epochs: 3}\n").accepted()
    assert parts == whole
    assert parts.fingerprint() == whole.fingerprint()


def test_later_files_of_a_list_count_over_earlier_ones(write: Write) -> None:
    first = "training: {epochs: 1, seed: 1}\n"
    second = "training: {epochs: 2, batch_size: 2}\n"
    spec = write(
        first_yaml=first,
        second_yaml=second,
        spec_yaml="extends: [base.yaml, first.yaml, second.yaml]\nname: a\n",
    ).accepted()
    training = spec.training
    assert (training.epochs, training.seed, training.batch_size) == (2, 1, 2)


def test_a_chain_says_the_same_as_a_list(write: Write) -> None:
    middle = "training: {epochs: 7, optimizer: {beta_1: null}}\nname: b\n"
    end = "training: {seed: 5}\nname: c\n"
    chain = write(
        middle_yaml=f"extends: base.yaml\n{middle}", c_yaml=f"extends: middle.yaml\n{end}"
    )
    listed = write(only_yaml=middle, d_yaml=f"extends: [base.yaml, only.yaml]\n{end}")
    assert chain.accepted() == listed.accepted()
    assert chain.accepted().training.optimizer.model_dump()["beta_1"] == 0.9


def test_names_are_relative_to_the_file_that_says_them(tmp_path: Path, write: Write) -> None:
    (tmp_path / "shared" / "deep").mkdir(parents=True)
    (tmp_path / "shared" / "deep" / "net.yaml").write_text(BASE)
    (tmp_path / "shared" / "all.yaml").write_text("extends: deep/net.yaml\ntraining: {seed: x}\n")
    (tmp_path / "work").mkdir()
    spec = tmp_path / "work" / "spec.yaml"
    spec.write_text("extends: ../shared/all.yaml\nname: a\n")
    for name in ("work/spec.yaml", "./work/../work/spec.yaml", str(spec)):
        report = check_bytes(name, spec.read_bytes())
        assert codes(report) == ["BNN105"]
        shown = report.diagnostics[0].span.source.name
        assert Path(shown).samefile(tmp_path / "shared" / "all.yaml")
        assert ".." not in shown
        assert os.path.isabs(shown) == os.path.isabs(name)


def test_a_step_back_behind_a_link_is_where_the_system_has_it(tmp_path: Path, write: Write) -> None:
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "far" / "net.yaml").write_text(BASE)
    (tmp_path / "link").symlink_to("far/away")
    assert write(spec_yaml="extends: link/../net.yaml\nname: a\n").ok


def test_json_and_yaml_extend_each_other(write: Write) -> None:
    text = json.dumps({"extends": "base.yaml", "name": "a", "training": {"seed": 2}}, indent=2)
    assert write(more_json=text).ok
    assert write(spec_yaml="extends: ./more.json\nname: b\n").accepted().training.seed == 2


def test_null_removes_what_is_extended_and_is_a_value_elsewhere(write: Write) -> None:
    over = "extends: base.yaml\nname: a\ntraining:\n  optimizer: {type: sgd, beta_1: null}\n"
    assert write(spec_yaml=over).accepted().training.optimizer.type == "sgd"
    # A key that is not there is not removed without a word.
    report = write(spec_yaml=over.replace("beta_1", "beta1"))
    assert sorted(codes(report)) == ["BNN102", "BNN102"]
    assert write(spec_yaml="extends: base.yaml\nname: a\ndata: null\n").ok


def test_a_key_beside_another_type_says_how_to_remove_it(write: Write) -> None:
    report = write(spec_yaml="extends: base.yaml\nname: a\ntraining: {optimizer: {type: sgd}}\n")
    assert render(report.diagnostics) == (
        "error[BNN102]: unknown key `beta_1` in `optimizer`\n"
        " --> base.yaml:8:27\n"
        "  |\n"
        "8 |   optimizer: {type: adam, beta_1: 0.5}\n"
        "  |                           ^^^^^^ not a valid key here\n"
        " ::: spec.yaml:3:24\n"
        "  |\n"
        "3 | training: {optimizer: {type: sgd}}\n"
        "  |                        ---- another file replaces keys here\n"
        "  = help: write `beta_1: null` in spec.yaml, which removes the key of this file\n"
        "  = help: write `type: adam`: `beta_1` is a key of `adam`, `adamax`, `adamw` and others, not of `sgd`"
    )
    ((edit,),) = (fix.edits for fix in report.diagnostics[0].fixes)
    text = edit.span.source.text
    fixed = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    assert write(spec_yaml=fixed).accepted().training.optimizer.type == "sgd"


def test_two_places_in_two_files_are_shown_in_both(write: Write) -> None:
    report = write(spec_yaml="extends: base.yaml\nname: a\noutput:\n  classes: 12\n")
    shown = render(report.diagnostics)
    assert " --> base.yaml:5:19\n" in shown
    assert " ::: spec.yaml:4:3\n" in shown


def test_what_is_missing_is_missing_in_the_file_itself(write: Write) -> None:
    report = write(spec_yaml="# nothing else\nextends: base.yaml\n")
    assert codes(report) == ["BNN103"]
    assert report.diagnostics[0].span.source.name == "spec.yaml"
    assert report.diagnostics[0].span.text == "extends"


def test_extends_stands_at_the_top_alone(write: Write) -> None:
    report = write(spec_yaml="extends: base.yaml\nname: a\ntraining: {extends: base.yaml}\n")
    assert only_message(report, "BNN102") == "unknown key `extends` in `training`"
    report = write(spec_yaml="extend: base.yaml\n" + BASE + "name: a\n")
    assert report.diagnostics[0].help == ("did you mean `extends`?",)


def test_comments_count_in_the_file_where_the_finding_is(write: Write) -> None:
    single = "prediction: {samples: 1}\nbayesian: {method: flipout}\nname: a\n"
    alone = write(spec_yaml=f"extends: base.yaml\n{single}")
    (code,) = codes(alone)
    ignored = single.replace("}\nbayesian", f"}}  # bnnc: ignore[{code}]\nbayesian")
    assert codes(write(spec_yaml=f"extends: base.yaml\n{ignored}")) == []
    spec = "extends: [base.yaml, single.yaml]\n"
    assert codes(write(single_yaml=ignored, spec_yaml=spec)) == []
    # On the same line of another file it means nothing, and that is told.
    idle = "extends: [base.yaml, single.yaml]  # bnnc: ignore[" + code + "]\n"
    assert codes(write(single_yaml=single, spec_yaml=idle)) == ["BNN603", code]
    # A comment in the base may silence something in another spec: nothing is said about it.
    assert (
        codes(write(single_yaml=ignored.replace("samples: 1", "samples: 9"), spec_yaml=spec)) == []
    )


def test_anchors_of_one_file_are_none_of_another(write: Write) -> None:
    report = write(
        anchors_yaml="x-seed: &seed 3\n",
        spec_yaml="extends: [base.yaml, anchors.yaml]\nname: a\ntraining: {seed: *seed}\n",
    )
    assert codes(report) == ["BNN017"]


def test_the_tree_of_a_report_is_the_whole(write: Write) -> None:
    report = write(spec_yaml="extends: base.yaml\nname: a\n")
    assert report.tree is not None
    document = to_json(report.tree)
    assert isinstance(document, dict)
    assert document["name"] == "a"
    assert document["bnnc"] == 1
    assert report.folder == ""


def test_a_path_of_data_is_relative_to_the_file_that_says_it(tmp_path: Path, write: Write) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "base.yaml").write_text(BASE + "data: {source: ./images}\n")
    assert write(spec_yaml="extends: shared/base.yaml\nname: a\n").folder == "shared"
    assert write(spec_yaml="extends: shared/base.yaml\ndata: {source: x}\nname: a\n").folder == ""


def test_text_without_a_folder_of_its_own_extends_nothing() -> None:
    assert codes(check(Source("spec.yaml", "extends: base.yaml\n"))) == ["BNN024"]
