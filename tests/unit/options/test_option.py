# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An option is declared once: spec, documentation and field say the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.agreement import Agreed
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions, KeepOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.facts import FactsOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.limits import (
    LIMITS,
    LIMITS_SPEC,
    read_limits,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.option import (
    argument_spec,
    documentation,
    option,
    options_of,
    values_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.policy import PolicyOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.reset import ResetOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.settings import SettingsOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions

SHAPES = (
    BackupOptions,
    ConnectOptions,
    FactsOptions,
    KafkaOptions,
    ResetOptions,
    SettingsOptions,
    StripeOptions,
)


@dataclass(frozen=True)
class Toy:
    """A shape with an option of each sort."""

    names: tuple[str, ...] = option("names", "list", "Names.", elements="str", required=True, env="TOY_NAMES")
    secret: str | None = option("secret", "str", "A secret.", no_log=True, env="TOY_SECRET")
    extras: Mapping[str, Any] = option("extras", "dict", "Extras.", default={})
    seconds: float = option("wait", "float", "A time.", "In seconds.", default=2.5)


PLAN_ID = "d9aa21c64d60"


def read(**params: Any) -> Toy:
    result = ArgumentSpecValidator(argument_spec(options_of(Toy))).validate(params)
    assert not result.error_messages
    return Toy(**values_of(Toy, result.validated_parameters))


def test_what_is_given_reaches_its_field() -> None:
    toy = read(names="a,b", secret="x", extras={"k": 1}, wait="3")
    assert toy == Toy(("a", "b"), "x", {"k": 1}, 3.0)


@pytest.mark.parametrize("nothing", [{}, {"secret": None}, {"secret": ""}])
def test_what_is_not_given_has_the_default_of_its_field(nothing: dict[str, Any]) -> None:
    assert read(names=["a"], **nothing) == Toy(("a",)) == Toy(("a",), None, {}, 2.5)


def test_a_secret_is_not_in_the_repr() -> None:
    assert "sesame" not in repr(read(names=["a"], secret="sesame"))


def test_two_shapes_do_not_share_a_default() -> None:
    assert Toy(("a",)).extras is not Toy(("a",)).extras


def test_the_documentation_is_yaml_with_the_facts_of_the_spec_and_its_environment_variables() -> None:
    found = json.loads(documentation(options_of(Toy), notes=["A note."]))
    assert found["notes"] == ["A note."]
    assert found["options"] == {
        "names": {
            "description": [
                "Names.",
                "If not set, the environment variable E(TOY_NAMES) is used, a list separated by commas.",
            ],
            "type": "list",
            "elements": "str",
            "required": True,
        },
        "secret": {
            "description": ["A secret.", "If not set, the environment variable E(TOY_SECRET) is used."],
            "type": "str",
        },
        "extras": {"description": ["Extras."], "type": "dict", "default": {}},
        "wait": {"description": ["A time.", "In seconds."], "type": "float", "default": 2.5},
    }


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_field_of_a_shape_is_an_option(shape: type) -> None:
    """A field without an option would have no documentation, and no value of the user's."""
    assert [one.name for one in fields(shape) if "option" not in one.metadata] == []
    assert all(one.description for one in options_of(shape))
    for one in fields(shape):
        has_default = one.default is not MISSING or one.default_factory is not MISSING
        assert has_default != one.metadata["option"].required, one.name


def test_the_limits_are_those_of_the_core() -> None:
    validated = ArgumentSpecValidator(LIMITS_SPEC).validate({"max_age_days": "3"}).validated_parameters
    assert read_limits(validated) == Limits(max_age_days=3)
    assert [one.name for one in LIMITS] == [one.name for one in fields(Limits)]


@pytest.mark.parametrize("name", [one.name for one in LIMITS])
@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_at_which_all_is_stuck_is_refused(name: str, value: int) -> None:
    with pytest.raises(InputError, match=f"{name} is {value}, at which every partition counts as stuck"):
        read_limits({name: value})


@pytest.mark.parametrize("seconds", [-1, 601, float("nan")])
def test_a_settle_time_that_makes_no_sense_is_refused(seconds: float) -> None:
    with pytest.raises(InputError, match="settle_seconds is"):
        ResetOptions.read({"connectors": ["a"], "settle_seconds": seconds})


def test_a_plan_belongs_to_one_connector() -> None:
    with pytest.raises(InputError, match="plan_id belongs to one connector"):
        ResetOptions.read({"connectors": ["a", "b"], "plan_id": PLAN_ID})
    assert ResetOptions.read({"connectors": ["a", "a"], "plan_id": PLAN_ID}).agreed() == {"a": Agreed(PLAN_ID)}
    assert ResetOptions.read({"connectors": ["a", "b"], "plan_id": ""}).agreed() is None


@pytest.mark.parametrize(
    "given, words",
    [
        ({"plan_ids": {"b": PLAN_ID}}, "plan_ids names b, and connectors does not"),
        ({"plan_ids": {"a": "d9aa21c64d6"}}, "plan_ids: \"d9aa21c64d6\" of connector 'a' is not an id of a plan"),
        ({"plan_ids": {"a": 123456789012}}, "plan_ids: 123456789012 of connector 'a' is not an id of a plan"),
        ({"plan_ids": {"a": None}}, "plan_ids: null of connector 'a' is not an id of a plan"),
        ({"plan_id": "D9AA21C64D60"}, "plan_id: \"D9AA21C64D60\" of connector 'a' is not an id of a plan"),
        ({"plan_id": PLAN_ID, "plan_ids": {"a": PLAN_ID}}, "plan_id and plan_ids are both set"),
        ({"agreed_plans": {"a": PLAN_ID}}, "agreed_plans.a is not a plan"),
        ({"agreed_plans": {"a": {"id": PLAN_ID}}}, "agreed_plans.a is damaged (cluster is missing or of another type)"),
    ],
)
def test_agreed_plans_that_cannot_be_meant_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        ResetOptions.read({"connectors": ["a"], **given})
    assert caught.value.message.startswith(words)


def test_a_map_of_no_ids_agrees_to_nothing() -> None:
    assert ResetOptions.read({"connectors": ["a"], "plan_ids": {}}).agreed() == {}


@pytest.mark.parametrize("name", ["partitions", "offsets"])
def test_an_empty_selection_is_refused_and_none_is_not(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} is an empty list, which selects nothing: leave it out"):
        ResetOptions.read({"connectors": ["a"], name: []})
    assert getattr(ResetOptions.read({"connectors": ["a"], name: None}), name) == ()


def test_settings_to_change_must_be_named() -> None:
    with pytest.raises(InputError, match="Neither config nor at_least names a setting"):
        SettingsOptions.read({"connectors": ["a"]})


def test_the_cluster_is_labelled_by_the_first_url_unless_it_has_a_label() -> None:
    urls = {"connect_url": ["http://connect-1:8083", "http://connect-2:8083"]}
    assert BackupOptions.read(urls) == BackupOptions("~/.connectops/backups", "connect-1:8083")
    assert PolicyOptions.read(urls).cluster_label == "connect-1:8083"
    for shape in (BackupOptions, PolicyOptions):
        assert shape.read({**urls, "cluster_label": "eu"}).cluster_label == "eu"


def test_timezones_lose_their_blanks() -> None:
    assert StripeOptions.read({"stripe_timezones": [" PST", "", "Africa/Cairo "]}).timezones == ("PST", "Africa/Cairo")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"backup_topic": "b"}, "backup_topic is set without kafka_bootstrap_servers"),
        ({"backup_topic": "a b"}, "backup_topic 'a b' is not a name of a topic"),
        ({"backup_topic": ".."}, "is not a name of a topic"),
        ({"backup_topic_create": True}, "backup_topic_create is true, but backup_topic is not set"),
        (
            {"backup_topic": "o", "offsets_topic": "o", "kafka_bootstrap_servers": ["k:1"]},
            "backup_topic and offsets_topic are both o",
        ),
    ],
)
def test_a_topic_for_backups_that_cannot_be_one_is_refused(params: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        BackupOptions.read({"cluster_label": "eu", **params})


def test_a_blank_topic_is_none() -> None:
    assert BackupOptions.read({"cluster_label": "eu", "backup_topic": ""}).backup_topic is None


@pytest.mark.parametrize("params", [{"backup_keep": 0}, {"backup_keep_days": 0.0}, {"backup_keep_days": float("nan")}])
def test_limits_that_would_keep_nothing_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"^backup_keep(_days)? is (0|nan): set it to"):
        KeepOptions.read(params)


@pytest.mark.parametrize("number", [0, -1, 101])
def test_a_number_of_connectors_at_once_that_makes_no_sense_is_refused(number: int) -> None:
    for shape, options in ((ResetOptions, {}), (SettingsOptions, {"config": {"a": "b"}})):
        with pytest.raises(InputError, match=f"at_once is {number}: set it to 1 or more and at most 100"):
            shape.read({"connectors": ["a"], "at_once": number, **options})
