"""A Grafana on loopback: it keeps the contract `grafana-openapi-subset.json`, and refuses what Grafana does.

Only what pushing needs. Each body is checked against the contract; what Grafana adds to its answers, leaves out of them
and hides in them is done here, too.
"""

from __future__ import annotations

import asyncio
import copy
import json
import threading
from functools import cache
from typing import Any, Final

import pytest
from aiohttp import web
from jsonschema import Draft202012Validator

from tests.conftest import DATA
from tests.servers.process import free_port

__all__ = ["FakeGrafana", "check", "contract"]

TOKEN: Final = "glsa_test"
_SECRETS: Final = {"slack": {"url", "token"}, "pagerduty": {"integrationKey"}, "webhook": {"password"}}
_CONTRACTS: Final = DATA.parent / "contracts"
Body = dict[str, Any]


@cache
def contract(name: str) -> Any:
    """Return a contract, not to be changed; skip, by name, where it is absent."""
    path = _CONTRACTS / name
    if not path.exists():
        pytest.skip(f"{name} is not in {_CONTRACTS.name}/: set WINDVANE_TEST_DATA to the folder beside it")
    return json.loads(path.read_text())


def check(schema: str, body: Any) -> None:
    """Raise where `body` is not what the schema of that name allows."""
    spec = contract("grafana-openapi-subset.json")
    Draft202012Validator({**spec, "$ref": f"#/components/schemas/{schema}"}).validate(body)


class FakeGrafana:
    """Serves in a thread until `close`. Its state may be looked at, and changed, between requests."""

    def __init__(self, prefix: str = "") -> None:
        contract("grafana-openapi-subset.json")
        self.folders: dict[str, Body] = {}
        self.boards: dict[str, Body] = {}
        self.sources: dict[str, Body] = {}
        self.points: dict[str, Body] = {}
        self.rules: dict[str, Body] = {}
        self.intervals: dict[tuple[str, str], int] = {}
        self.working_password = ""
        self.writes: list[tuple[str, str]] = []
        self.asked: list[str] = []
        self.login_page = False
        port = free_port()
        self.url = f"http://127.0.0.1:{port}{prefix}"
        self._loop, started = asyncio.new_event_loop(), threading.Event()

        async def serve() -> None:
            app = web.Application(client_max_size=64 * 2**20)
            app.add_routes([web.route("*", prefix + "/api/{path:.*}", self._answer)])
            self._runner = web.AppRunner(app)
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", port).start()
            started.set()

        def run() -> None:
            self._loop.run_until_complete(serve())
            self._loop.run_forever()
            self._loop.run_until_complete(self._runner.cleanup())
            self._loop.close()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        assert started.wait(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _answer(self, request: web.Request) -> web.Response:
        if self.login_page:
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _said(401, "Invalid API key")
        path = "/" + request.match_info["path"]
        body = await request.json() if request.can_read_body else None
        self.asked.append(f"{request.method} {path}")
        answer = self._route(request.method, path.strip("/").split("/"), body)
        if request.method != "GET" and answer.status < 300:
            self.writes.append((request.method, path))
        return answer

    def _route(self, method: str, parts: list[str], body: Any) -> web.Response:
        match method, parts:
            case "GET", ["folders", uid]:
                return _found(self.folders.get(uid))
            case "POST", ["folders"]:
                return self._make_folder(body)
            case "GET", ["dashboards", "uid", uid]:
                return _found(self.boards.get(uid))
            case "POST", ["dashboards", "db"]:
                return self._save_board(body)
            case "GET", ["datasources", "uid", uid]:
                return _found(_without_secrets(self.sources.get(uid)))
            case ("POST", ["datasources"]) | ("PUT", ["datasources", "uid", _]):
                return self._save_source(method, body)
            case "GET", ["datasources", "uid", uid, "health"]:
                return self._health(uid)
            case "GET", ["v1", "provisioning", "alert-rules"]:
                return web.json_response(list(self.rules.values()))
            case "DELETE", ["v1", "provisioning", "alert-rules", uid]:
                return self._delete_rule(uid)
            case "GET", ["v1", "provisioning", "folder", folder, "rule-groups", group]:
                return _found(self._group(folder, group))
            case "PUT", ["v1", "provisioning", "folder", folder, "rule-groups", group]:
                return self._replace_group(folder, group, body)
            case "GET", ["v1", "provisioning", "contact-points"]:
                return web.json_response([_hidden(point) for point in self.points.values()])
            case ("POST", ["v1", "provisioning", "contact-points"]) | (
                "PUT",
                ["v1", "provisioning", "contact-points", _],
            ):
                return self._save_point(method, body)
            case "DELETE", ["v1", "provisioning", "contact-points", uid]:
                return self._delete_point(uid)
        return _said(404, f"this Grafana has no {method} {'/'.join(parts)}")

    def _make_folder(self, body: Body) -> web.Response:
        check("CreateFolderCommand", body)
        if body["uid"] in self.folders:
            return _said(409, "a folder with that uid is there")
        self.folders[body["uid"]] = {**body, "id": 1, "version": 1}
        return web.json_response(self.folders[body["uid"]])

    def _save_board(self, body: Body) -> web.Response:
        check("SaveDashboardCommand", body)
        board, folder = body["dashboard"], body.get("folderUid", "")
        if folder and folder not in self.folders:
            return _said(400, "folder not found")
        for uid, other in self.boards.items():
            same = other["dashboard"]["title"] == board["title"] and other["meta"]["folderUid"] == folder
            if uid != board["uid"] and same:
                return _said(412, "A dashboard with the same name in the folder already exists")
        there = self.boards.get(board["uid"])
        if there and there["meta"]["provisioned"]:
            return _said(400, "Cannot save provisioned dashboard")
        if there and not body.get("overwrite"):
            return _said(412, "The dashboard has been changed by someone else")
        version = there["dashboard"]["version"] + 1 if there else 1
        # Grafana's own: numbers, its version of the model, and the list of annotations.
        own = {"id": len(self.boards) + 1, "version": version, "schemaVersion": 42}
        kept = {**board, **own, "annotations": {"list": [{"builtIn": 1}]}}
        self.boards[board["uid"]] = {"dashboard": kept, "meta": {"folderUid": folder, "provisioned": False}}
        told = {"id": kept["id"], "uid": board["uid"], "url": "/d/x", "status": "success", "version": version}
        return web.json_response({**told, "slug": "x"})

    def _save_source(self, method: str, body: Body) -> web.Response:
        check("AddDataSourceCommand" if method == "POST" else "UpdateDataSourceCommand", body)
        others = {source["name"] for uid, source in self.sources.items() if uid != body["uid"]}
        if body["name"] in others or (method == "POST" and body["uid"] in self.sources):
            return _said(409, "data source with the same name already exists")
        if self.sources.get(body["uid"], {}).get("readOnly"):
            return _said(403, "Datasource is read-only")
        before = self.sources.get(body["uid"], {}).get("secureJsonData", {})
        secrets = {**before, **body.get("secureJsonData", {})}
        self.sources[body["uid"]] = {**body, "id": 1, "version": 1, "readOnly": False, "secureJsonData": secrets}
        return web.json_response({"id": 1, "message": "Datasource added"})

    def _health(self, uid: str) -> web.Response:
        given = self.sources[uid].get("secureJsonData", {}).get("password", "")
        if given == self.working_password:
            return web.json_response({"status": "OK", "message": "Data source is working"})
        return web.json_response({"status": "ERROR", "message": "authentication failed"}, status=400)

    def _group(self, folder: str, group: str) -> Body | None:
        if (folder, group) not in self.intervals:
            return None
        rules = [rule for rule in self.rules.values() if (rule["folderUID"], rule["ruleGroup"]) == (folder, group)]
        return {"title": group, "folderUid": folder, "interval": self.intervals[folder, group], "rules": rules}

    def _replace_group(self, folder: str, group: str, body: Body) -> web.Response:
        check("AlertRuleGroup", body)
        if folder not in self.folders:
            return _said(404, "folder not found")
        for rule in body["rules"]:
            there = self.rules.get(rule["uid"])
            if there and there["provenance"] != "api":
                return _said(409, f"cannot update with provided provenance 'api', needs '{there['provenance']}'")
            told = rule.get("notification_settings", {}).get("receiver")
            if told and told not in {point["name"] for point in self.points.values()}:
                return _said(400, f"contact point {told} does not exist")
            if rule["data"][0]["datasourceUid"] not in self.sources:
                return _said(400, "data source not found")
        kept = {
            uid: rule for uid, rule in self.rules.items() if (rule["folderUID"], rule["ruleGroup"]) != (folder, group)
        }
        written = {rule["uid"]: _as_read(rule) for rule in body["rules"]}
        self.rules = {**{uid: rule for uid, rule in kept.items() if uid not in written}, **written}
        titles = [rule["title"] for rule in self.rules.values() if rule["folderUID"] == folder]
        assert len(set(titles)) == len(titles), "titles are unique in a folder"
        self.intervals[folder, group] = body["interval"]
        return web.json_response(self._group(folder, group))

    def _delete_rule(self, uid: str) -> web.Response:
        if self.rules.get(uid, {}).get("provenance", "api") != "api":
            return _said(409, "cannot delete with provided provenance 'api', needs 'file'")
        self.rules.pop(uid, None)
        return web.Response(status=204)

    def _save_point(self, method: str, body: Body) -> web.Response:
        check("EmbeddedContactPoint", body)
        if method == "POST" and body["uid"] in self.points:
            return _said(409, "receiver configuration already exists")
        self.points[body["uid"]] = {**body, "provenance": "api"}
        return web.json_response({"message": "contactpoint updated"}, status=202)

    def _delete_point(self, uid: str) -> web.Response:
        name = self.points[uid]["name"]
        if any(rule.get("notification_settings", {}).get("receiver") == name for rule in self.rules.values()):
            return _said(409, "contact point is in use")
        del self.points[uid]
        return web.json_response({"message": "contactpoint deleted"}, status=202)


def _found(body: Body | None) -> web.Response:
    return _said(404, "not found") if body is None else web.json_response(body)


def _said(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)


def _without_secrets(source: Body | None) -> Body | None:
    if source is None:
        return None
    shown = {key: value for key, value in source.items() if key != "secureJsonData"}
    return {**shown, "secureJsonFields": dict.fromkeys(source.get("secureJsonData", {}), True)}


def _hidden(point: Body) -> Body:
    secret = _SECRETS.get(point["type"], set())
    settings = {key: "[REDACTED]" if key in secret else value for key, value in point["settings"].items()}
    return {**point, "settings": settings}


def _as_read(rule: Body) -> Body:
    """As it is read back: with numbers of Grafana's, and without what is zero."""
    told = {**copy.deepcopy(rule), "id": 7, "updated": "2026-11-24T00:00:00Z", "provenance": "api", "guid": "x"}
    for query in told["data"]:
        query["queryType"] = ""
        query["relativeTimeRange"] = {key: value for key, value in query["relativeTimeRange"].items() if value}
    if told["keep_firing_for"] == "0s":
        del told["keep_firing_for"]
    return told
