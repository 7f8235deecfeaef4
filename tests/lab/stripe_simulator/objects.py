# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API answers with: report runs, files, report types and lists as JSON data."""

from __future__ import annotations

import csv
import io
from typing import Any

from lab.stripe_simulator.account import Account
from lab.stripe_simulator.report_types import COLUMNS, ReportType
from lab.stripe_simulator.runs import RunRecord

_FILE_LIFE_SECONDS = 365 * 86_400


def csv_of(record: RunRecord, account: Account) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, record.columns or COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(account.rows(record.report_type, record.interval_start, record.interval_end))
    return text.getvalue().encode()


def run_object(record: RunRecord, account: Account, base_url: str) -> dict[str, Any]:
    run = record.view(account.clock())
    parameters: dict[str, Any] = {"interval_end": run.interval_end, "interval_start": run.interval_start}
    if record.columns is not None:
        parameters["columns"] = list(record.columns)
    if record.timezone is not None:
        parameters["timezone"] = record.timezone
    return {
        "id": run.id,
        "object": "reporting.report_run",
        "created": run.created,
        "error": run.error,
        "livemode": account.livemode,
        "parameters": parameters,
        "report_type": run.report_type,
        "result": None if run.succeeded_at is None else _file_object(record, run.succeeded_at, account, base_url),
        "status": run.status,
        "succeeded_at": run.succeeded_at,
    }


def _file_object(record: RunRecord, created: int, account: Account, base_url: str) -> dict[str, Any]:
    if record.file_size is None:
        record.file_size = len(csv_of(record, account))
    return {
        "id": record.file_id,
        "object": "file",
        "created": created,
        "expires_at": created + _FILE_LIFE_SECONDS,
        "filename": f"{record.run_id}.csv",
        "links": list_object([], f"/v1/file_links?file={record.file_id}", has_more=False),
        "purpose": "finance_report_run",
        "size": record.file_size,
        "title": f"FinanceReportRun {record.run_id}",
        "type": "csv",
        "url": f"{base_url}/v1/files/{record.file_id}/contents",
    }


def type_object(kind: ReportType, account: Account) -> dict[str, Any]:
    name, _separator, version = kind.id.rpartition(".")
    return {
        "id": kind.id,
        "object": "reporting.report_type",
        "data_available_end": kind.data_available_end,
        "data_available_start": kind.data_available_start,
        "default_columns": list(COLUMNS),
        "livemode": account.livemode,
        "name": name.replace(".", " ").replace("_", " ").capitalize(),
        "updated": kind.updated,
        "version": int(version) if version.isdigit() else 1,
    }


def list_object(data: list[dict[str, Any]], url: str, *, has_more: bool) -> dict[str, Any]:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}
