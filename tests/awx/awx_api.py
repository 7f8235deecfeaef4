# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of AWX's API that the modules of awx.awx use, in memory. It refuses what AWX was seen to refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "token-of-a-test"
HIDDEN = "$encrypted$"
# Fields that hold the number of another object.
FOREIGN = {
    "credential_type": "credential_types",
    "default_environment": "execution_environments",
    "execution_environment": "execution_environments",
    "inventory": "inventories",
    "organization": "organizations",
    "project": "projects",
    "unified_job_template": "unified_job_templates",
    "workflow_job_template": "workflow_job_templates",
}
ASKED = ("ask_inventory_on_launch", "ask_labels_on_launch", "ask_limit_on_launch", "ask_variables_on_launch")
TEMPLATES = ("job_templates", "workflow_job_templates", "workflow_approval_templates", "projects")
Item = dict[str, Any]


class Refused(Exception):
    """The API answers with a status that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Awx:
    """All objects by collection and number."""

    def __init__(self) -> None:
        self.collections: dict[str, dict[int, Item]] = {}
        self.surveys: dict[str, Item] = {}
        self.links: dict[str, list[int]] = {}
        # An AWX that was just installed has these.
        galaxy = self.create("credential_types", {"name": "Ansible Galaxy/Automation Hub API Token", "inputs": {}})
        self.create("credentials", {"name": "Ansible Galaxy", "credential_type": galaxy["id"], "inputs": {}})

    def named(self, collection: str, name: str) -> Item:
        (found,) = (
            one for one in self.collections[collection].values() if name in (one.get("name"), one.get("identifier"))
        )
        return found

    def linked(self, item: Item, kind: str) -> list[int]:
        return self.links.get(f"{item['url']}{kind}/", [])

    def answer(self, method: str, path: str, query: Mapping[str, str], data: Item) -> tuple[int, Any]:
        match [part for part in path.removeprefix("/api/v2/").split("/") if part]:
            case ["config"]:
                return 200, {"version": "24.6.1"}
            case [collection] if method == "GET":
                return 200, _page([self._shown(one) for one in self._found(collection, query)])
            case [collection] if method == "POST":
                return 201, self._shown(self.create(collection, data))
            case [collection, number] if method == "GET":
                return 200, self._shown(self._one(collection, int(number)))
            case [collection, number] if method == "PATCH":
                item = self._one(collection, int(number))
                self._check(collection, {**item, **data})
                item.update(data)
                return 200, self._shown(item)
            case [collection, number, "survey_spec"]:
                item = self._one(collection, int(number))
                if method == "POST":
                    _check_survey(data)
                    self.surveys[item["url"]] = data
                return 200, self.surveys.get(item["url"], {})
            case ["workflow_job_templates", number, "launch"] if method == "POST":
                template = self._one("workflow_job_templates", int(number))
                # It waits for an approval, and nobody comes.
                return 201, self._shown(
                    self.create("workflow_jobs", {"status": "running", **self._accepted(template, data)})
                )
            case ["workflow_job_template_nodes", number, "create_approval_template"] if method == "POST":
                approval = self.create("workflow_approval_templates", data)
                self._one("workflow_job_template_nodes", int(number))["unified_job_template"] = approval["id"]
                return 201, self._shown(approval)
            case [collection, number, kind]:
                return self._link(self._one(collection, int(number)), kind, method, data)
        raise Refused(405, f"{method} {path}")

    def create(self, collection: str, data: Item) -> Item:
        self._check(collection, data)
        number = 1 + max((one for items in self.collections.values() for one in items), default=0)
        item = {**data, "id": number, "type": collection.removesuffix("s"), "url": f"/api/v2/{collection}/{number}/"}
        if collection == "projects":
            item["scm_revision"] = ""
        return self.collections.setdefault(collection, {}).setdefault(number, item)

    def _link(self, item: Item, kind: str, method: str, data: Item) -> tuple[int, Any]:
        allowed = {
            "organizations": {"galaxy_credentials"},
            "job_templates": {"credentials"},
            "workflow_job_template_nodes": {"success_nodes", "failure_nodes", "always_nodes"},
        }
        if kind not in allowed.get(item["url"].split("/")[3], set()):
            raise Refused(404, f"{item['url']}{kind}")
        known = self.links.setdefault(f"{item['url']}{kind}/", [])
        if method == "GET":
            return 200, _page([{"id": one} for one in known])
        if data.get("disassociate"):
            known.remove(data["id"])
        else:
            known.append(data["id"])
        return 204, None

    def _found(self, collection: str, query: Mapping[str, str]) -> Iterator[Item]:
        names = {"unified_job_templates": TEMPLATES, "unified_jobs": ("workflow_jobs",)}.get(collection, (collection,))
        wanted = {key: value for key, value in query.items() if key not in ("id__in", "page", "page_size")}
        for name in names:
            for item in self.collections.get(name, {}).values():
                if all(str(item.get(key)) == value for key, value in wanted.items()):
                    yield item

    def _one(self, collection: str, number: int) -> Item:
        for name in TEMPLATES if collection == "unified_job_templates" else (collection,):
            if number in self.collections.get(name, {}):
                return self.collections[name][number]
        raise Refused(404, f"{collection}/{number}")

    def _check(self, collection: str, data: Item) -> None:
        for field, other in FOREIGN.items():
            if data.get(field) is not None:
                self._one(other, data[field])
        if collection == "credentials":
            fields = self._fields(data)
            if set(data["inputs"]) - set(fields) or not all(data["inputs"].values()):
                raise Refused(400, f"inputs of {data['name']}")
        if collection == "schedules":
            template = self._one("unified_job_templates", data["unified_job_template"])
            asked = {one["variable"] for one in self.surveys.get(template["url"], {}).get("spec", [])}
            if set(data.get("extra_data", {})) - asked or not data["rrule"].startswith("DTSTART"):
                raise Refused(400, f"schedule {data['name']}")

    def _accepted(self, template: Item, data: Item) -> Item:
        """What a launch may set; AWX refuses variables that nobody is asked for."""
        asked = {one["variable"] for one in self.surveys.get(template["url"], {}).get("spec", [])}
        variables = data.get("extra_vars", {})
        if set(variables) - asked or ("limit" in data and not template.get("ask_limit_on_launch")):
            raise Refused(400, f"launch with {data}")
        return {"name": template["name"], "limit": data.get("limit", ""), "extra_vars": variables}

    def _fields(self, credential: Item) -> dict[str, Item]:
        inputs = self._one("credential_types", credential["credential_type"])["inputs"]
        return {one["id"]: one for one in inputs.get("fields", [])}

    def _shown(self, item: Item) -> Item:
        shown, collection = dict(item), item["url"].split("/")[3]
        shown["related"] = {"survey_spec": f"{item['url']}survey_spec/", "launch": f"{item['url']}launch/"}
        if item.get("unified_job_template"):
            number = item["unified_job_template"]
            shown["related"]["unified_job_template"] = self._one("unified_job_templates", number)["url"]
        if collection == "credentials":
            fields = self._fields(item)
            shown["inputs"] = {
                key: HIDDEN if fields[key].get("secret") else value for key, value in item["inputs"].items()
            }
        organization = self.collections.get("organizations", {}).get(item.get("organization", 0))
        # There is no current update: the first synchronization of a project has ended by then.
        shown["summary_fields"] = {"organization": {"name": organization["name"]}} if organization else {}
        return {**dict.fromkeys(ASKED, False), **shown}


def _page(items: list[Item]) -> Item:
    return {"count": len(items), "next": None, "previous": None, "results": items}


def _check_survey(data: Item) -> None:
    if not {"name", "description", "spec"} <= set(data):
        raise Refused(400, "survey_spec")
    for one in data["spec"]:
        if not {"type", "question_name", "variable", "required"} <= set(one):
            raise Refused(400, f"question {one}")
        if one["type"] == "multiplechoice" and one.get("default") not in one["choices"]:
            raise Refused(400, f"default of {one['variable']}")


@contextmanager
def running(awx: Awx) -> Iterator[str]:
    """Serve the API over loopback; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            data = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
            try:
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    raise Refused(401, "no token")
                status, body = awx.answer(self.command, parts.path, dict(parse_qsl(parts.query)), data)
            except Refused as refused:
                status, body = refused.status, {"detail": refused.message}
            text = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_PATCH = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
