# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulated Stripe answers: one function from a request and an account to an answer, without any network.

The words for an interval that starts too early are Stripe's own, as published; those for the other refusals are
modelled on them and on Stripe's usual messages. Parameters the simulator does not act on are refused, not ignored.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from types import MappingProxyType

from lab.stripe_simulator.account import Account, Fault, JournalEntry
from lab.stripe_simulator.objects import csv_of, list_object, run_object, type_object
from lab.stripe_simulator.report_types import COLUMNS, ReportType
from lab.stripe_simulator.runs import RunRecord

_RUNS = "/v1/reporting/report_runs"
_TYPES = "/v1/reporting/report_types"
_EXPAND = r"expand\[\d+\]"
_LIST_PARAMS = re.compile(rf"limit|starting_after|ending_before|created(\[(gt|gte|lt|lte)\])?|{_EXPAND}")
_CREATED_TESTS: Mapping[str, Callable[[int, int], bool]] = {
    "created": operator.eq,
    "created[gt]": operator.gt,
    "created[gte]": operator.ge,
    "created[lt]": operator.lt,
    "created[lte]": operator.le,
}
_CREATE_PARAMS = re.compile(
    rf"report_type|parameters\[(interval_start|interval_end|timezone|columns|columns\]\[\d+)\]|{_EXPAND}"
)


@dataclass(frozen=True)
class Request:
    """`params` is the flat query or form, `key` the API key that came with it, None if none did."""

    method: str
    path: str
    params: Mapping[str, str]
    key: str | None
    idempotency_key: str | None


@dataclass(frozen=True)
class Answer:
    """`delay_seconds` is how long the server holds the answer back."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0


class RefusalError(Exception):
    """An error answer in Stripe's shape."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        facts = {"code": code, "message": message, "param": param, "type": kind}
        self.body = {"error": {name: value for name, value in facts.items() if value is not None}}

    def answer(self) -> Answer:
        return _json_answer(self.body, self.status, self.headers)


def flat_params(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Form or query pairs by name; `name[]` becomes `name[0]`, `name[1]` … as the order says."""
    params: dict[str, str] = {}
    counts: dict[str, int] = {}
    for name, value in pairs:
        if name.endswith("[]"):
            counts[name] = counts.get(name, -1) + 1
            name = f"{name[:-1]}{counts[name]}]"
        params[name] = value
    return params


def answer(request: Request, accounts: Mapping[str, Account], base_url: str) -> Answer:
    """Serve one request; the journal shows it before the answer leaves, so a client that has it can rely on that."""
    account = accounts.get(request.key) if request.key is not None else None
    if account is None:
        return _unauthorised(request.key).answer()
    with account.lock:
        arrived_at = account.clock()
        fault = account.take_fault(request.method, request.path)
        try:
            if fault is not None and fault.status is not None:
                raise _ordered_refusal(fault.status, fault, account)
            served = _idempotent(request, account, base_url)
        except RefusalError as refusal:
            served = refusal.answer()
        account.note(
            JournalEntry(
                request.method, request.path, MappingProxyType(dict(request.params)), served.status, arrived_at
            )
        )
    return served if fault is None else replace(served, delay_seconds=fault.delay_seconds)


def _idempotent(request: Request, account: Account, base_url: str) -> Answer:
    if request.method != "POST" or request.idempotency_key is None:
        return _route(request, account, base_url)
    asked = (request.path, dict(request.params))
    if request.idempotency_key in account.idempotent:
        first_asked, body = account.idempotent[request.idempotency_key]
        if first_asked != asked:
            raise RefusalError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{request.idempotency_key}' if you meant to execute a different request.",
                kind="idempotency_error",
            )
        return Answer(200, body, {"Content-Type": "application/json", "Idempotent-Replayed": "true"})
    # A refusal leaves by exception and is not stored: Stripe stores only what began to be executed.
    served = _route(request, account, base_url)
    account.idempotent[request.idempotency_key] = (asked, served.body)
    return served


def _route(request: Request, account: Account, base_url: str) -> Answer:
    path = request.path
    if request.method == "GET":
        if path == _TYPES:
            _refuse_unknown(request.params, re.compile(_EXPAND))
            types = [type_object(kind, account) for kind in account.report_types()]
            return _json_answer(list_object(types, _TYPES, has_more=False))
        if path == _RUNS:
            return _list_runs(request.params, account, base_url)
        if match := re.fullmatch(rf"{_TYPES}/([^/]+)", path):
            _refuse_unknown(request.params, re.compile(_EXPAND))
            return _json_answer(type_object(_known_type(match[1], account, 404, "report_type"), account))
        if match := re.fullmatch(rf"{_RUNS}/([^/]+)", path):
            _refuse_unknown(request.params, re.compile(_EXPAND))
            record = account.visible_record(match[1])
            if record is None:
                raise RefusalError(
                    404, f"No such report run: '{match[1]}'", code="resource_missing", param="report_run"
                )
            account.note_look(record)
            return _json_answer(run_object(record, account, base_url))
        if match := re.fullmatch(r"/v1/files/([^/]+)/contents", path):
            return _file_contents(match[1], account)
    if request.method == "POST" and path == _RUNS:
        return _create_run(request.params, account, base_url)
    raise RefusalError(
        404,
        f"Unrecognized request URL ({request.method}: {path}). Please see https://stripe.com/docs "
        "or we can help at https://support.stripe.com/.",
    )


def _create_run(params: Mapping[str, str], account: Account, base_url: str) -> Answer:
    _refuse_unknown(params, _CREATE_PARAMS)
    if not params.get("report_type"):
        raise RefusalError(400, "Missing required param: report_type.", code="parameter_missing", param="report_type")
    kind = _known_type(params["report_type"], account, 400, "report_type")
    start = _required_whole_number(params, "parameters[interval_start]")
    end = _required_whole_number(params, "parameters[interval_end]")
    _refuse_bad_interval(kind, start, end)
    columns = tuple(value for name, value in params.items() if name.startswith("parameters[columns]["))
    # A form cannot hold an empty list; the SDKs send an empty text instead.
    if params.get("parameters[columns]"):
        raise RefusalError(400, "Invalid array", param="parameters[columns]")
    for column in columns:
        if column not in COLUMNS:
            raise RefusalError(
                400,
                f"Invalid column for the report type {kind.id}: {column}. Available columns: {', '.join(COLUMNS)}.",
                param="parameters.columns",
            )
    record = account.create_run(kind.id, start, end, columns or None, params.get("parameters[timezone]"))
    # Stripe answers a new run as pending however soon it is ready; so does this, even when it is ready at once.
    return _json_answer(run_object(replace(record, ready_at=float("inf")), account, base_url))


def _refuse_bad_interval(kind: ReportType, start: int, end: int) -> None:
    about = f"Data for the report type {kind.id} is only available"
    if start < kind.data_available_start:
        raise RefusalError(
            400,
            f"{about} starting at {_utc(kind.data_available_start)}; you requested `interval_start` = {_utc(start)}.",
            param="parameters.interval_start",
        )
    if end > kind.data_available_end:
        raise RefusalError(
            400,
            f"{about} through {_utc(kind.data_available_end)}; you requested `interval_end` = {_utc(end)}.",
            param="parameters.interval_end",
        )
    if start >= end:
        raise RefusalError(
            400,
            f"`interval_start` must be before `interval_end`; you requested `interval_start` = {_utc(start)} "
            f"and `interval_end` = {_utc(end)}.",
            param="parameters.interval_start",
        )


def _list_runs(params: Mapping[str, str], account: Account, base_url: str) -> Answer:
    _refuse_unknown(params, _LIST_PARAMS)
    limit = _whole_number(params, "limit")
    limit = 10 if limit is None else limit
    if not 1 <= limit <= 100:
        word = "less than or equal to 100" if limit > 100 else "greater than or equal to 1"
        raise RefusalError(400, f"This value must be {word}.", code="parameter_invalid_integer", param="limit")
    if "starting_after" in params and "ending_before" in params:
        raise RefusalError(
            400, "You can only use one of starting_after and ending_before at the same time.", param="ending_before"
        )
    matches = _created_filter(params)
    records = [record for record in account.visible_records() if matches(record.created)]
    if "ending_before" in params:
        cursor = _cursor(params, "ending_before", account)
        records = [record for record in records if record.order > cursor.order]
        page = records[max(len(records) - limit, 0) :]
    else:
        if "starting_after" in params:
            cursor = _cursor(params, "starting_after", account)
            records = [record for record in records if record.order < cursor.order]
        page = records[:limit]
    runs = [run_object(record, account, base_url) for record in page]
    return _json_answer(list_object(runs, _RUNS, has_more=len(records) > limit))


def _created_filter(params: Mapping[str, str]) -> Callable[[int], bool]:
    limits = [(test, _required_whole_number(params, name)) for name, test in _CREATED_TESTS.items() if name in params]
    return lambda created: all(test(created, limit) for test, limit in limits)


def _cursor(params: Mapping[str, str], name: str, account: Account) -> RunRecord:
    record = account.visible_record(params[name])
    if record is None:
        raise RefusalError(400, f"No such report run: '{params[name]}'", code="resource_missing", param=name)
    return record


def _file_contents(file_id: str, account: Account) -> Answer:
    now = account.clock()
    for record in account.visible_records():
        if record.file_id == file_id and not record.file_lost and record.view(now).status == "succeeded":
            headers = {"Content-Type": "text/csv", "Content-Disposition": f'attachment; filename="{record.run_id}.csv"'}
            return Answer(200, csv_of(record, account), headers)
    raise RefusalError(404, f"No such file upload: '{file_id}'", code="resource_missing", param="file")


def _known_type(type_id: str, account: Account, status: int, param: str) -> ReportType:
    try:
        return account.report_type(type_id)
    except LookupError:
        raise RefusalError(status, f"No such report type: '{type_id}'", code="resource_missing", param=param) from None


def _refuse_unknown(params: Mapping[str, str], known: re.Pattern[str]) -> None:
    for name in params:
        if not known.fullmatch(name):
            raise RefusalError(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def _whole_number(params: Mapping[str, str], name: str) -> int | None:
    text = params.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"-?\d+", text):
        raise RefusalError(400, f"Invalid integer: {text}", code="parameter_invalid_integer", param=name)
    return int(text)


def _required_whole_number(params: Mapping[str, str], name: str) -> int:
    number = _whole_number(params, name)
    if number is None:
        raise RefusalError(400, f"Missing required param: {name}.", code="parameter_missing", param=name)
    return number


def _unauthorised(key: str | None) -> RefusalError:
    if key is None:
        return RefusalError(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            headers={"WWW-Authenticate": 'Basic realm="Stripe"'},
        )
    return RefusalError(401, f"Invalid API Key provided: {_masked(key)}", code="api_key_invalid")


def _ordered_refusal(status: int, fault: Fault, account: Account) -> RefusalError:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    kind, code, message = {
        401: ("invalid_request_error", "api_key_expired", f"Expired API Key provided: {_masked(account.key)}"),
        403: (
            "invalid_request_error",
            None,
            f"The provided key '{_masked(account.key)}' does not have the required permissions for this endpoint.",
        ),
        404: ("invalid_request_error", "resource_missing", "No such resource"),
        409: (
            "idempotency_error",
            "idempotency_key_in_use",
            "There is currently another in-progress request using this Idempotent Key. Please try again later.",
        ),
        429: ("invalid_request_error", "rate_limit", "Request rate limit exceeded."),
    }.get(
        status,
        ("api_error", None, "An error occurred with our connection to Stripe.")
        if status >= 500
        else ("invalid_request_error", None, "The request was unacceptable."),
    )
    return RefusalError(status, message, kind=kind, code=code, headers=headers)


def _masked(key: str) -> str:
    """As Stripe shows a key: its kind and its last four characters."""
    head = re.match(r"(?:sk|rk)_(?:test|live)_", key)
    start = head.end() if head else 0
    hidden = max(len(key) - start - 4, 0)
    return key[:start] + "*" * hidden + key[start + hidden :] if hidden else "*" * len(key)


def _utc(moment: int) -> str:
    return datetime.fromtimestamp(moment, tz=timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def _json_answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(body, indent=2).encode(), {"Content-Type": "application/json", **(headers or {})})
