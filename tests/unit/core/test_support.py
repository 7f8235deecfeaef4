# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a support bundle holds, says of itself, and hides."""

from __future__ import annotations

import json

from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import HIDDEN
from ansible_collections.connectops.recovery.plugins.module_utils.core.support import FILES, PAGE, Bundle, Part

SECRET = "t0psecret-of-a-connector"
MISSING = Part("log.txt", problem="The log file /x cannot be read (No such file).")
PARTS = (
    Part("verdicts.txt", f"orders is stuck\n-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY----- {SECRET}\n"),
    Part("settings.json", {"orders": {"url": "https://u:p@h", "note": SECRET, "n": 1}}),
    MISSING,
)
BUNDLE = Bundle("eu-1", 1764151200.25, PARTS, (f"Stripe said {SECRET}.",))


def test_no_file_holds_a_secret_also_where_it_goes_over_lines() -> None:
    files = BUNDLE.files({SECRET})
    assert set(files) == {PAGE, "verdicts.txt", "settings.json"}
    assert files["verdicts.txt"] == (
        f"orders is stuck\n-----BEGIN PRIVATE KEY-----{HIDDEN}-----END PRIVATE KEY----- {HIDDEN}\n"
    )
    assert json.loads(files["settings.json"])["orders"] == {"url": f"https://{HIDDEN}@h", "note": HIDDEN, "n": 1}
    assert SECRET not in "".join(files.values())


def test_the_page_says_what_is_there_what_is_missing_and_what_is_hidden() -> None:
    page = BUNDLE.files({SECRET})[PAGE]
    assert "  settings.json: the settings of each connector" in page
    assert "  log.txt: missing: The log file /x cannot be read (No such file)." in page
    assert "the user of a URL, password=..., bearer tokens" in " ".join(page.split())
    assert "Hidden\n  Settings that the plugin declares as PASSWORD" in page
    assert f"Warnings\n  Stripe said {HIDDEN}." in page
    assert max(map(len, page.splitlines())) <= 80


def test_a_person_is_told_where_it_is_or_would_be() -> None:
    assert BUNDLE.missing == [MISSING]
    assert BUNDLE.stamp == "20251126T100000.250000Z"
    lines = BUNDLE.lines("/b/x.tar.gz", is_written=True)
    assert lines[0] == "eu-1: support bundle /b/x.tar.gz"
    assert lines[-1] == "  Secrets are hidden. Look through it before you send it."
    assert BUNDLE.lines("/b/x.tar.gz", is_written=False)[0] == "eu-1: the support bundle would be /b/x.tar.gz"


def test_every_part_has_a_description() -> None:
    assert [part.as_data() for part in PARTS] == [
        {"file": part.file, "about": FILES[part.file], "problem": part.problem} for part in PARTS
    ]
