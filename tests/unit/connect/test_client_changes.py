# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's changes against a scripted worker: what is sent, sent again, or left in doubt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
    NotStoppedYet,
    Unreachable,
    Unsupported,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from unit.connect.clients import Change, Clock, MakeClient
from unit.connect.http_server import Expect, FakeConnect, refusing_url
from unit.connect.recorded import IO_ERROR, OFFSETS, REBALANCE, error, failing, info


def test_a_change_is_sent_once(make: MakeClient, change: Change) -> None:
    change_it, good = change
    with FakeConnect(good) as worker:
        change_it(make(worker.url))
    assert worker.calls[0].headers.get("Content-Type") == ("application/json" if worker.calls[0].request else None)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (409, error(409, REBALANCE)),
        (500, error(500, IO_ERROR)),
        (500, error(500, "Request cannot be completed because a rebalance is expected")),
        (404, b"<html></html>"),
    ],
)
def test_a_change_that_was_not_made_is_sent_again(
    make: MakeClient,
    change: Change,
    code: int,
    body: Any,
) -> None:
    change_it, good = change
    refused = Expect(good.method, good.path, code, body)
    with refusing_url() as url, FakeConnect(refused, refused, good) as worker:
        change_it(make(url, worker.url))


@pytest.mark.parametrize(
    "answer",
    [
        {"drop": True},
        {"status": 200, "body": info("c"), "cut": True},
        {"status": 500, "body": error(500, "Request timed out")},
        {"status": 500, "body": error(500, "Timed out while attempting to modify offsets for source connector c")},
        {"status": 502, "body": b"<html></html>", "content_type": "text/html"},
        {"status": 503, "body": b"", "content_type": "text/html"},
        {"status": 504, "body": error(504, "gateway")},
        {"status": 500, "body": b"<html></html>", "content_type": "text/html"},
    ],
    ids=str,
)
def test_a_change_whose_answer_is_lost_is_never_sent_again(
    make: MakeClient,
    change: Change,
    answer: dict[str, Any],
) -> None:
    change_it, good = change
    with (
        FakeConnect(Expect(good.method, good.path, **answer)) as worker,
        FakeConnect() as other,
        pytest.raises(UnknownOutcome) as caught,
    ):
        change_it(make(worker.url, other.url))
    message = caught.value.message
    assert message.startswith(
        f"{good.method} {good.path} was sent to Kafka Connect at {worker.url}, but its outcome is unknown"
    )
    assert message.endswith("read the connector's state before you change anything else.")
    assert caught.value.facts == {"url": worker.url, "call": f"{good.method} {good.path}"}


def test_a_change_that_hangs_has_an_unknown_outcome(change: Change) -> None:
    change_it, good = change
    with (
        FakeConnect(Expect(good.method, good.path, hang=True)) as worker,
        ConnectClient(ConnectOptions((worker.url,), request_timeout_seconds=1.0)) as client,
        pytest.raises(UnknownOutcome, match=r"no answer within 1 s"),
    ):
        change_it(client)


def test_a_page_that_answers_a_change_is_no_success(make: MakeClient) -> None:
    page: dict[str, Any] = {"status": 200, "body": b"<html>Log in</html>", "content_type": "text/html"}
    with FakeConnect(
        Expect("PUT", "/connectors/c/stop", **page), Expect("PATCH", "/connectors/c/offsets", **page)
    ) as worker:
        client = make(worker.url)
        with pytest.raises(UnknownOutcome, match="login page"):
            client.stop("c")
        with pytest.raises(UnknownOutcome, match="login page"):
            client.alter_offsets("c", OFFSETS)


def test_a_change_that_reached_nobody_was_not_made(make: MakeClient) -> None:
    with (
        refusing_url() as url,
        pytest.raises(Unreachable, match="connection refused; the call changed nothing; check"),
    ):
        make(url).stop("c")


def test_a_change_that_was_perhaps_forwarded_stays_in_doubt_at_the_deadline(make: MakeClient, clock: Clock) -> None:
    with (
        FakeConnect(failing("PUT", "/connectors/c/stop", 500, IO_ERROR, forever=True)) as worker,
        pytest.raises(UnknownOutcome, match="IO Error trying to forward"),
    ):
        make(worker.url, timeout_seconds=20.0).stop("c")
    assert clock.waited == pytest.approx(20)


def test_a_change_that_was_perhaps_forwarded_stays_in_doubt_when_its_repetition_is_refused(
    make: MakeClient,
) -> None:
    with (
        FakeConnect(
            failing("PUT", "/connectors/c/stop", 500, IO_ERROR), failing("PUT", "/connectors/c/stop", 400, "no")
        ) as worker,
        pytest.raises(UnknownOutcome),
    ):
        make(worker.url).stop("c")


def test_offsets_of_a_connector_that_still_runs_are_for_the_caller_to_try_again(
    make: MakeClient,
) -> None:
    message = (
        "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the "
        "specified connector by issuing a 'PUT' request to the '/connectors/c/stop' endpoint"
    )
    with (
        FakeConnect(failing("PATCH", "/connectors/c/offsets", 400, message)) as worker,
        pytest.raises(NotStoppedYet, match=r'offsets of connector "c" .* while the connector runs or has tasks'),
    ):
        make(worker.url).alter_offsets("c", OFFSETS)


def test_a_time_out_before_anything_was_written_is_a_plain_failure(make: MakeClient) -> None:
    message = "Timed out while trying to read to the end of the offsets topic prior to modifying offsets for c"
    with (
        FakeConnect(failing("PATCH", "/connectors/c/offsets", 500, message)) as worker,
        pytest.raises(ConnectError, match="prior to modifying"),
    ):
        make(worker.url).alter_offsets("c", OFFSETS)


@pytest.mark.parametrize(
    "entry", [{}, {"partition": {"p": 1}}, {"offset": {}}, {"partition": {}, "offset": None}, {**OFFSETS[0], "x": 1}]
)
def test_offsets_that_connect_would_misread_are_not_sent(make: MakeClient, entry: dict[str, Any]) -> None:
    with FakeConnect() as worker, pytest.raises(InputError, match="lacks its partition or its offset"):
        make(worker.url).alter_offsets("c", [*OFFSETS, entry])


def test_an_offset_is_deleted_by_null_and_connects_message_is_returned(make: MakeClient) -> None:
    deletion = [{"partition": {"p": 1}, "offset": None}]
    with FakeConnect(
        Expect("PATCH", "/connectors/c/offsets", body={"message": "altered"}, request={"offsets": deletion})
    ) as worker:
        assert make(worker.url).alter_offsets("c", deletion) == "altered"


def test_a_config_that_creates_its_connector_returns_true(make: MakeClient) -> None:
    with FakeConnect(
        Expect("PUT", "/connectors/c/config", 200, info("c")), Expect("PUT", "/connectors/c/config", 201, info("c"))
    ) as worker:
        client = make(worker.url)
        assert [client.put_config("c", {"k": "v"}) for _number in range(2)] == [False, True]


def test_a_connector_is_not_renamed_by_a_change_of_its_config(make: MakeClient) -> None:
    with FakeConnect(Expect("PATCH", "/connectors/c/config", body=info("c"))) as worker:
        client = make(worker.url)
        client.patch_config("c", {"name": "c"})
        with pytest.raises(InputError, match="cannot be renamed"):
            client.patch_config("c", {"name": "d"})


def test_there_is_no_way_to_delete_all_offsets() -> None:
    assert not [name for name in dir(ConnectClient) if "delete" in name]


@pytest.mark.parametrize("name", ["put_config", "patch_config", "validate"])
def test_values_of_a_config_that_is_sent_are_masked_in_the_answer(make: MakeClient, name: str) -> None:
    config = {"connector.class": "Stripe", "k": "s3cret", "w": "true", "p": "${file:/x:y}", "n": "1", "z": None}
    method, path, ask = {
        "put_config": ("PUT", "/connectors/c/config", lambda client: client.put_config("c", config)),
        "patch_config": ("PATCH", "/connectors/c/config", lambda client: client.patch_config("c", config)),
        "validate": (
            "PUT",
            "/connector-plugins/Stripe/config/validate",
            lambda client: client.validate("Stripe", config),
        ),
    }[name]
    answer = failing(method, path, 400, "s3cret of Stripe, ${file:/x:y}, is not true 1 None", request=config)
    with FakeConnect(answer) as worker, pytest.raises(ConnectError) as caught:
        ask(make(worker.url))
    assert caught.value.message.endswith(": ******** of Stripe, ${file:/x:y}, is not true 1 None")


@pytest.mark.parametrize(
    ("ask", "expect", "since"),
    [
        (
            lambda client: client.offsets("c"),
            failing("GET", "/connectors/c/offsets", 404, "HTTP 404 Not Found"),
            "3.5",
        ),
        (lambda client: client.stop("c"), failing("PUT", "/connectors/c/stop", 404, "HTTP 404 Not Found"), "3.5"),
        (
            lambda client: client.alter_offsets("c", OFFSETS),
            failing("PATCH", "/connectors/c/offsets", 405, "HTTP 405 Method Not Allowed"),
            "3.6",
        ),
        (
            lambda client: client.patch_config("c", {"k": "v"}),
            failing("PATCH", "/connectors/c/config", 405, "HTTP 405 Method Not Allowed"),
            "3.8",
        ),
    ],
)
def test_an_unsupported_call_is_reported_with_the_version_that_has_it(
    make: MakeClient, ask: Callable[[ConnectClient], Any], expect: Expect, since: str
) -> None:
    with FakeConnect(expect) as worker, pytest.raises(Unsupported) as caught:
        ask(make(worker.url))
    assert caught.value.message == (
        f"Kafka Connect at {worker.url} does not support {expect.method} {expect.path} (status {expect.status}): "
        f"it needs Kafka {since}."
    )
    assert caught.value.facts["needs"] == since


def test_names_that_connect_cannot_address_are_reported(make: MakeClient) -> None:
    with FakeConnect(
        failing("PUT", "/connectors/a%2Fb/stop", 404, "HTTP 404 Not Found"),
        Expect("PUT", "/connectors/a%2Fb/stop", 400, b"<h1>Ambiguous URI path separator</h1>", "text/html"),
    ) as worker:
        client = make(worker.url)
        with pytest.raises(ConnectError, match=r'cannot address connector "a/b" .* lost when'):
            client.stop("a/b")
        with pytest.raises(Unsupported, match=r'cannot address connector "a/b" .* give the connector another name'):
            client.stop("a/b")
