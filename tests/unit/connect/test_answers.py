# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each answer means for a call: one row for every rule."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.answers import (
    FOREIGN,
    NOT_JSON,
    STARTING,
    UNREACHABLE,
    UNTIL_DEADLINE,
    Answer,
    Call,
    Exchange,
    Failure,
    Patience,
    Reply,
    classify,
    given_up,
    in_doubt,
    is_from_connect,
    parse,
    timed_out,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    AccessDenied,
    ConnectError,
    NoStatusYet,
    NotConnect,
    NotFound,
    NotStoppedYet,
    TimedOut,
    Unreachable,
    Unsupported,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import UnknownOutcome
from unit.connect.recorded import IO_ERROR, REBALANCE, error

URL = "http://connect-1:8083"
ROOT = Call("GET", "/")
READ = Call("GET", "/connectors/c/offsets", connector="c", since="3.5")
CONFIG = Call("GET", "/connectors/c/config", connector="c")
SLASH = Call("PUT", "/connectors/a%2Fb/stop", connector="a/b", since="3.5", write=True)
ALTER = Call("PATCH", "/connectors/c/offsets", connector="c", since="3.6", write=True)
STOP = Call("PUT", "/connectors/c/stop", frozenset({204}), connector="c", since="3.5", write=True, wants_json=False)
OPTIONS = Call("OPTIONS", "/connectors/any/offsets", frozenset({200, 204}), since="", wants_json=False)

PAGE = b"<html>s3cret</html>"
UNKNOWN_ROUTE = "HTTP 404 Not Found"
STOP_FIRST = "Connectors must be in the STOPPED state before their offsets can be modified"
RETRIEVE = "Failed to retrieve offsets for source connector c"
READ_END = "Timed out while trying to read to the end of the offsets topic prior to modifying offsets for c"


@dataclass(frozen=True)
class Passes:
    """A failure that may pass."""

    patience: Patience
    perhaps_done: bool
    resend: bool
    kind: type[ConnectError] = ConnectError


AGAIN = Passes(UNTIL_DEADLINE, perhaps_done=False, resend=True)
IN_DOUBT = Passes(UNTIL_DEADLINE, perhaps_done=True, resend=False)
STARTS = Passes(STARTING, perhaps_done=False, resend=True, kind=NotConnect)
ELSEWHERE = Passes(FOREIGN, perhaps_done=False, resend=False, kind=NotConnect)


@dataclass(frozen=True)
class Row:
    call: Call
    status: int
    # A text is the message of an error as Connect words it; bytes are the body as it is; anything else is JSON.
    body: Any
    outcome: Passes | type[Reply] | type[ConnectError]
    said: str = ""
    from_connect: bool = True
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def exchange(self) -> Exchange:
        return Exchange(URL, self.call, **{key: value for key, value in self.more.items() if key != "headers"})

    @property
    def answer(self) -> Answer:
        body = error(self.status, self.body) if isinstance(self.body, str) else self.body
        headers = {"Content-Type": "text/html; charset=utf-8", **self.more.get("headers", {})}
        return Answer(self.status, headers, parse(body if isinstance(body, bytes) else json.dumps(body).encode()))


def other(*row: Any, **more: Any) -> Row:
    """An answer that Connect's own resources did not give."""
    return Row(*row, from_connect=False, more=more)


def location(target: str) -> dict[str, str]:
    return {"Location": target}


ROWS = {
    # Success
    "JSON": Row(ROOT, 200, {"version": "1"}, Reply),
    "JSON null": Row(ROOT, 200, b"null", Reply),
    "nothing, where nothing is wanted": other(STOP, 204, b"", Reply),
    # Credentials, for Connect or for what is in front of it
    "401 without a login": other(ROOT, 401, PAGE, AccessDenied, "set url_username and url_password, or bearer_token"),
    "401 with a login": other(ROOT, 401, PAGE, AccessDenied, "check url_username and url_password", login="password"),
    "401 with a token": other(ROOT, 401, PAGE, AccessDenied, "check bearer_token", login="token"),
    "401 of Connect": other(ROOT, 401, "User cannot access the resource.", AccessDenied, "asks for a login"),
    "403": other(STOP, 403, PAGE, AccessDenied, "forbids PUT /connectors/c/stop (status 403): grant this permission"),
    "407": other(ROOT, 407, PAGE, AccessDenied, "the proxy in front of http://connect-1:8083 asks for its own login"),
    "407 in Connect's words": other(ROOT, 407, "login first", AccessDenied, "asks for its own login"),
    # Not Kafka Connect, or not yet
    "a page": other(ROOT, 200, PAGE, replace(ELSEWHERE, perhaps_done=True), "text/html instead of JSON (status 200)"),
    "a page for a change": other(ALTER, 200, PAGE, replace(ELSEWHERE, perhaps_done=True), "a login page"),
    "another success than expected": other(STOP, 200, PAGE, replace(ELSEWHERE, perhaps_done=True), "(status 200)"),
    "a page, 400": other(STOP, 400, PAGE, ELSEWHERE, "text/html instead of JSON (status 400)"),
    "a page, 500": other(STOP, 500, PAGE, replace(ELSEWHERE, perhaps_done=True), "text/html instead of JSON (status 500)"),
    "no content type": other(STOP, 400, b"", ELSEWHERE, "no content type instead", headers={"Content-Type": ""}),
    "other JSON": other(STOP, 400, {"message": "no"}, ELSEWHERE, "is answered with JSON of another server (status 400)"),
    "an error code that is a text": other(STOP, 409, {"error_code": "409", "message": REBALANCE}, ELSEWHERE, "another server"),
    "a redirect": other(ROOT, 302, b"", ELSEWHERE, "GET / is redirected (status 302), and redirects are not"),
    **{f"a redirect, {status}": other(STOP, status, b"", ELSEWHERE, "is redirected") for status in (300, 301, 308)},
    "a redirect to a page": other(
        ROOT, 302, b"", ELSEWHERE, "redirected to https://a.example (", headers=location("https://a.example/?t=s3cret")
    ),
    "a redirect with a login": other(
        STOP, 307, b"", ELSEWHERE, "is redirected (status 307)", headers=location("https://user:s3cret@host/")
    ),
    "404, a page": other(ROOT, 404, PAGE, STARTS, "or a worker that does not finish starting"),
    "404, nothing": other(STOP, 404, b"", STARTS),
    "404, other JSON": other(ROOT, 404, {"status": "404", "message": "Not Found"}, STARTS),
    "404 of a cluster known": other(
        ROOT, 404, PAGE, replace(STARTS, patience=UNTIL_DEADLINE), has_answered=True
    ),
    **{
        f"{status} of a proxy": other(
            STOP, status, PAGE, replace(IN_DOUBT, patience=STARTING), f"status {status} from a proxy in front of it"
        )
        for status in (502, 503, 504)
    },
    "503 of a proxy before a cluster known": other(STOP, 503, PAGE, IN_DOUBT, has_answered=True),
    "400 for a name with a slash": other(SLASH, 400, PAGE, Unsupported, "give the connector another name"),
    "400 for a name with a percent sign": other(replace(STOP, connector="%"), 400, PAGE, Unsupported),
    "400 for a name with a backslash": other(replace(STOP, connector="\\"), 400, PAGE, Unsupported),
    "400 for a name with a blank": other(replace(STOP, connector="a b"), 400, PAGE, ELSEWHERE),
    # What is not there
    "an unknown route of every version": Row(ROOT, 404, UNKNOWN_ROUTE, ELSEWHERE, "GET / does not exist there"),
    "an unknown route": Row(READ, 404, UNKNOWN_ROUTE, Unsupported, "(status 404): it needs Kafka 3.5."),
    "an unknown verb": Row(ALTER, 405, "HTTP 405 Method Not Allowed", Unsupported, "(status 405): it needs Kafka 3.6."),
    "an unknown verb of every version": Row(CONFIG, 405, "HTTP 405", Unsupported, "this version does not have it"),
    "an unknown route for OPTIONS": Row(OPTIONS, 404, UNKNOWN_ROUTE, Unsupported, "this version does not have it"),
    "a slash that was lost": Row(SLASH, 404, UNKNOWN_ROUTE, ConnectError, "the / in its name is lost when one worker"),
    "no such connector": Row(CONFIG, 404, "Connector c not found", NotFound, 'has no connector "c": Connector c not'),
    "no status": Row(CONFIG, 404, "No status found for connector c", NoStatusYet),
    "404 without a connector": Row(ROOT, 404, "gone", ConnectError, "refused GET / (status 404): gone"),
    "not stopped": Row(ALTER, 400, STOP_FIRST, NotStoppedYet, "while the connector runs or has tasks: stop"),
    # Passes on its own
    "409 of a rebalance": Row(STOP, 409, REBALANCE, AGAIN, f"status 409: {REBALANCE}"),
    "409 stale": Row(READ, 409, "Cannot complete request momentarily due to stale configuration", AGAIN),
    "500 of a rebalance": Row(STOP, 500, "Request cannot be completed because a rebalance is expected", AGAIN),
    "500 forwarding": Row(STOP, 500, IO_ERROR, replace(IN_DOUBT, resend=True)),
    "500 offsets": Row(READ, 500, RETRIEVE, Passes(STARTING, perhaps_done=False, resend=False)),
    "500 offsets of a cluster known": Row(
        READ, 500, RETRIEVE, Passes(STARTING, perhaps_done=False, resend=False), more={"has_answered": True}
    ),
    # Leaves a change in doubt
    "500 timed out": Row(STOP, 500, "Request timed out. The worker is currently ensuring membership", IN_DOUBT),
    "500 timed out while writing": Row(ALTER, 500, "Timed out while attempting to modify offsets", IN_DOUBT),
    **{f"{status} of Connect": Row(STOP, status, "gateway", IN_DOUBT) for status in (502, 503, 504)},
    # Final
    "500 timed out before writing": Row(ALTER, 500, READ_END, ConnectError, "prior to modifying"),
    "500 timed out while reading": Row(READ, 500, "Timed out while reading", ConnectError, "failed to process GET"),
    "409 already exists": Row(STOP, 409, "Connector c already exists", ConnectError, "refused PUT"),
    "500": Row(STOP, 500, "java.lang.NullPointerException", ConnectError, "failed to process PUT"),
    **{str(status): Row(STOP, status, "bad", ConnectError, "refused PUT /") for status in (400, 415, 422)},
    # A limit on requests, of a gateway
    "429 of a gateway": other(STOP, 429, PAGE, replace(AGAIN, patience=STARTING), "limits the requests"),
    "429 of a gateway before a cluster known": other(STOP, 429, PAGE, AGAIN, has_answered=True),
    "429 in Connect's words": Row(READ, 429, "slow down", AGAIN, more={"has_answered": True}),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_each_answer_has_one_meaning(row: Row) -> None:
    outcome = classify(row.exchange, row.answer)
    if isinstance(row.outcome, Passes):
        assert isinstance(outcome, Failure)
        assert Passes(outcome.patience, outcome.perhaps_done, outcome.resend, outcome.kind) == row.outcome
        assert outcome.status == row.status
        assert row.said in outcome.reason
        assert "s3cret" not in outcome.reason
    elif isinstance(outcome, ConnectError):
        assert outcome.__class__ is row.outcome
        assert row.said in outcome.message
        assert "s3cret" not in outcome.message
        known = {"url": URL, "call": str(row.call), "status": row.status}
        needs = {"needs": row.call.since} if row.outcome is Unsupported and row.from_connect else {}
        assert outcome.facts == {**known, **needs}
    else:
        assert row.outcome is Reply
        assert outcome == Reply(URL, row.status, row.answer.headers, row.answer.data)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_an_answer_shows_whether_connect_itself_gave_it(row: Row) -> None:
    assert is_from_connect(row.call, row.answer) is row.from_connect


def test_a_body_that_is_not_json_differs_from_every_json_value() -> None:
    assert parse(b"null") is None
    assert parse(b"") is NOT_JSON
    assert parse(b"\xff{}") is NOT_JSON
    assert parse(b"[" * 100_000) is NOT_JSON


def test_an_error_text_loses_the_secrets_of_the_task_and_of_the_call() -> None:
    exchange = Exchange(URL, replace(STOP, secrets=frozenset({"of-the-call"})), secrets=frozenset({"of-the-task"}))
    for status in (400, 409, 404):
        outcome = classify(exchange, Answer(status, {}, error(status, "of-the-call of-the-task failed")))
        said = outcome.reason if isinstance(outcome, Failure) else str(outcome)
        assert "******** ******** failed" in said


def test_no_secret_is_in_a_representation() -> None:
    call = replace(STOP, body={"k": "s3cret"}, secrets=frozenset({"s3cret"}))
    for shown in (
        call,
        Exchange(URL, call, secrets=frozenset({"s3cret"})),
        Answer(200, {}, "s3cret"),
        Reply(URL, 200, {}, "s3cret"),
    ):
        assert "s3cret" not in repr(shown)


# ---------------------------------------------------------------------------------------------------------------------
# What is reported when failures do not pass

REFUSED = Failure(Unreachable, "connection refused", UNREACHABLE, perhaps_done=False, resend=True)
SILENT = Failure(ConnectError, "status 503", STARTING, perhaps_done=True, resend=False, status=503)
STRANGE = Failure(NotConnect, "a page", FOREIGN, perhaps_done=False, resend=False, status=200)


@pytest.mark.parametrize(
    ("call", "latest", "kind", "message", "status"),
    [
        (
            ROOT,
            {URL: REFUSED},
            Unreachable,
            f"Kafka Connect cannot be reached at {URL}: connection refused; check connect_url and that a worker runs there.",
            None,
        ),
        (STOP, {URL: STRANGE}, NotConnect, (f"{URL} does not answer like Kafka Connect: a page; the call changed nothing; "
         "check connect_url."), 200),
        (ROOT, {"a": SILENT, "b": REFUSED}, ConnectError, ("Kafka Connect at a, b failed to answer GET /: a: status 503, "
         "b: connection refused; check the worker's log."), 503),
    ],
    ids=["unreachable", "strange", "the most patient failure decides"],
)  # fmt: skip
def test_a_call_that_was_given_up_is_reported(
    call: Call, latest: dict[str, Failure], kind: type[ConnectError], message: str, status: int | None
) -> None:
    raised = given_up(call, latest)
    assert raised.__class__ is kind
    assert raised.message == message
    assert raised.facts == call.facts(", ".join(latest), status)


def test_a_call_that_the_deadline_ended_is_reported() -> None:
    late = timed_out(STOP, {URL: SILENT}, (URL, "b"), 60.0)
    assert late.__class__ is TimedOut
    assert late.message == (
        f"Kafka Connect at {URL}, b did not answer PUT /connectors/c/stop within 60 s: status 503; the call changed nothing; "
        "check the workers, or raise timeout."
    )
    assert late.facts == STOP.facts(URL, 503)
    unsent = timed_out(ROOT, {}, (URL, "b"), 60.0)
    assert "within 60 s: nothing was sent, because earlier calls used up the time; check" in unsent.message
    assert unsent.facts == ROOT.facts(f"{URL}, b")


def test_a_change_in_doubt_is_reported() -> None:
    doubt = in_doubt(STOP, {URL: SILENT})
    assert doubt.__class__ is UnknownOutcome
    assert doubt.message == (
        f"PUT /connectors/c/stop was sent to Kafka Connect at {URL}, but its outcome is unknown (status 503): "
        "read the connector's state before you change anything else."
    )
    assert doubt.facts == STOP.facts(URL)


@pytest.mark.parametrize(
    "status, wanted, seconds",
    [
        (429, "7", 7.0),
        (503, " 120 ", 120.0),
        (429, None, 0.0),
        (429, "-1", 0.0),
        (429, "Fri, 27 Nov 2026 06:00:00 GMT", 0.0),
        (409, "7", 0.0),
    ],
)
def test_a_server_may_ask_for_a_pause(status: int, wanted: str | None, seconds: float) -> None:
    outcome = classify(
        Exchange(URL, READ), Answer(status, {} if wanted is None else {"Retry-After": wanted}, parse(PAGE))
    )
    assert isinstance(outcome, Failure)
    assert outcome.pause_seconds == seconds
