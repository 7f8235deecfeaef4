# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of topics: one that does not exist is left out, one that may not be looked at is no silence."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import AccessDenied
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.topic_settings import topic_settings
from unit.kafka.fake import FakeConnection

TOPICS = {"a": {0: []}, "b": {0: []}}


def test_the_settings_of_those_that_exist_are_found() -> None:
    found = topic_settings(FakeConnection(TOPICS, not_compacted=["b"]), ["a", "b", "missing"])
    assert found == {"a": {"cleanup.policy": "compact"}, "b": {"cleanup.policy": "delete"}}


def test_without_topics_nothing_is_asked() -> None:
    assert topic_settings(FakeConnection({}, settings_denied=True), []) == {}


def test_a_topic_that_may_not_be_looked_at_is_said() -> None:
    with pytest.raises(AccessDenied, match=r'not allowed to read the settings of the topic "a" .* DescribeConfigs'):
        topic_settings(FakeConnection(TOPICS, settings_denied=True), ["a"])
