"""What `make run` promises: one command, and a real place answers each caller with what is theirs."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from linli_graphql.commands.demo import QUERIES

COMMAND = (sys.executable, "-m", "linli.cli", "demo")
STREET = """{ grid(code: "330482001") {
  name level ancestors { name level }
  statistics { residents partyBranches projects }
  children(first: 200) { totalCount nodes { name } } } }"""
OWN = """{ matters { nodes { state } } ended: matters(where: { closed: true }) { nodes { state } }
  creditRedemptions { nodes { state } } }"""
COMMUNITIES = {"水洞埭社区", "洁芳社区", "梅园社区", "南河头社区", "南市社区", "三北村", "虹霓村"}


@dataclass(frozen=True)
class Demo:
    """The running demo: its address and tokens, as scripts read them from var/demo.json."""

    url: str
    tokens: dict[str, str]

    def ask(self, query: str, who: str | None, **variables: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        body = {"query": query, "variables": variables}
        return httpx.post(self.url, json=body, headers=headers, timeout=30, trust_env=False)

    def data(self, query: str, who: str | None, **variables: Any) -> Any:
        answer = self.ask(query, who, **variables)
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json(), answer.text
        return answer.json()["data"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "var"


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Demo]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*COMMAND, "--serve", "--port", str(port), "--folder", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield _wait(server, folder, port)
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)


def _wait(server: "subprocess.Popen[str]", folder: Path, port: int) -> Demo:
    ready = f"http://127.0.0.1:{port}/readyz"
    for _ in range(600):
        if server.poll() is not None:
            pytest.fail(f"the demo ended: {server.communicate()[0]}")
        try:
            if httpx.get(ready, timeout=5, trust_env=False).status_code == 200:
                known = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
                return Demo(known["url"], known["tokens"])
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail("the demo did not answer within two minutes")


def test_one_query_returns_the_real_street(demo: Demo) -> None:
    grid = demo.data(STREET, "city_admin")["grid"]
    assert (grid["name"], grid["level"]) == ("当湖街道", "TOWN")
    assert [one["name"] for one in grid["ancestors"]] == ["浙江省", "嘉兴市", "平湖市"]
    names = {one["name"] for one in grid["children"]["nodes"]}
    assert grid["children"]["totalCount"] == len(names) == 27
    assert names >= COMMUNITIES
    counts = grid["statistics"]
    totals = " ".join(f"{name} {{ totalCount }}" for name in counts)
    lists = f'{{ grid(code: "330482001") {{ {totals} }} }}'
    listed = demo.data(lists, "city_admin")["grid"]
    assert counts == {name: listed[name]["totalCount"] for name in counts}
    assert min(counts.values()) > 0


def test_the_grid_worker_sees_residents_of_the_own_grid_alone(demo: Demo) -> None:
    own = demo.data(
        '{ grid(code: "330482001001-01") { residents(first: 200) { totalCount nodes { id name } } } }',
        "city_admin",
    )
    mine = {one["id"]: one["name"] for one in own["grid"]["residents"]["nodes"]}
    listed = demo.data("{ residents(first: 200) { totalCount nodes { id } } }", "grid_worker")["residents"]
    assert {one["id"] for one in listed["nodes"]} == set(mine)
    assert listed["totalCount"] == len(mine) == own["grid"]["residents"]["totalCount"]
    nested = demo.data(
        '{ grid(code: "330482") { residents { totalCount }'
        " children { nodes { residents { totalCount } } } } }",
        "grid_worker",
    )["grid"]
    assert nested["residents"]["totalCount"] == len(mine)
    assert sum(one["residents"]["totalCount"] for one in nested["children"]["nodes"]) == len(mine)


def test_search_and_filters_stay_inside(demo: Demo) -> None:
    every = demo.data("{ residents(first: 200) { nodes { name } } }", "city_admin")["residents"]["nodes"]
    word = next(one["name"] for one in every if len(one["name"]) > 2)[1:3]
    query = "query($w: String!) { residents(first: 200, search: $w) { totalCount nodes { name } } }"
    found = demo.data(query, "city_admin", w=word)["residents"]
    assert found["totalCount"] > 0
    assert all(word in one["name"] for one in found["nodes"])
    worker = demo.data("{ residents(first: 200) { nodes { name } } }", "grid_worker")["residents"]["nodes"]
    inside = [one for one in worker if word in one["name"]]
    assert demo.data(query, "grid_worker", w=word)["residents"]["totalCount"] == len(inside)
    other = demo.data('{ grid(code: "330482001002") { id } }', "city_admin")["grid"]["id"]
    within = "query($g: ID!) { residents(within: $g) { totalCount } }"
    assert demo.data(within, "grid_worker", g=other)["residents"]["totalCount"] == 0
    assert demo.data(within, "city_admin", g=other)["residents"]["totalCount"] > 0


def test_another_grids_resident_answers_as_one_that_does_not_exist(demo: Demo) -> None:
    """Same body, status and headers; the statement is the same one by construction of the plan."""
    foreign = demo.data(
        '{ grid(code: "330482001002") { residents(first: 1) { nodes { id } } } }', "city_admin"
    )["grid"]["residents"]["nodes"][0]["id"]
    missing = foreign[:-12] + "0" * 12
    query = "query($id: ID!) { node(id: $id) { id ... on Resident { name phone { value } } } }"
    answers = [demo.ask(query, "grid_worker", id=one) for one in (foreign, missing)]
    varying = {"date", "x-request-id"}
    shown = [
        (one.status_code, one.content, {k: v for k, v in one.headers.items() if k not in varying})
        for one in answers
    ]
    assert shown[0] == shown[1]
    assert answers[0].json() == {"data": {"node": None}}


def test_without_a_token_only_what_is_public_is_seen(demo: Demo) -> None:
    public = demo.data(
        "{ viewer { name } residents { totalCount } households { totalCount } posts { totalCount }"
        ' grid(code: "330482001") { name statistics { residents } } }',
        None,
    )
    assert public == {
        "viewer": None,
        "residents": {"totalCount": 0},
        "households": {"totalCount": 0},
        "posts": {"totalCount": 0},
        "grid": {"name": "当湖街道", "statistics": None},
    }


def test_the_resident_sees_the_own_record_and_no_other(demo: Demo) -> None:
    seen = demo.data("{ viewer { resident { id name } } residents { totalCount nodes { id } } }", "resident")
    assert seen["residents"]["totalCount"] == 1
    assert seen["residents"]["nodes"] == [{"id": seen["viewer"]["resident"]["id"]}]


def test_no_clear_telephone_number_leaves(demo: Demo) -> None:
    answer = demo.data(
        "{ residents(first: 200) { nodes { phone { value state } idNumber { value } } } }", "city_admin"
    )
    shown = [one["phone"]["value"] for one in answer["residents"]["nodes"] if one["phone"]]
    assert shown
    assert all(value.startswith("120****") for value in shown)
    assert not any(one["idNumber"] for one in answer["residents"]["nodes"])


@pytest.mark.parametrize("who", ["city_admin", "community_worker"])
@pytest.mark.parametrize("query", QUERIES)
def test_the_printed_queries_answer_with_content(demo: Demo, query: str, who: str) -> None:
    (answer,) = demo.data(query, who).values()
    assert "[]" not in json.dumps(answer).replace('"matters": {"nodes": []}', "")
    assert answer.get("totalCount", 1) > 0


def test_the_bank_and_the_networks_have_been_used(demo: Demo) -> None:
    lists = {
        "creditMembers": 12,
        "creditMeasures": 14,
        "creditOffers": 7,
        "creditActivities": 18,
        "creditAwards": 1,
        "creditRedemptions": 2,
        "creditAppeals": 1,
        "networks": 3,
        "neighborSpaces": 3,
        "matters": 2,
        "mutualHelp": 2,
        "rotaShifts": 3,
    }
    shown = " ".join(f"{name} {{ totalCount }}" for name in lists)
    counts = demo.data(f"{{ {shown} }}", "community_worker")
    assert {name: one["totalCount"] for name, one in counts.items()} == lists
    states = demo.data(OWN, "resident")
    found = {name: sorted(one["state"] for one in listed["nodes"]) for name, listed in states.items()}
    assert found == {
        "matters": ["ACCEPTED", "RAISED"],
        "ended": ["CLOSED"],
        "creditRedemptions": ["HANDED_OVER", "HELD"],
    }


def test_what_the_demo_has_filled_in_is_sound(demo: Demo, folder: Path) -> None:
    assert demo.tokens
    command = [sys.executable, "-m", "linli.cli", "verify", "--config", str(folder / "linli.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_files_are_closed_to_others_and_marked_as_a_demo(demo: Demo, folder: Path) -> None:
    assert demo.tokens.keys() == {"city_admin", "community_worker", "grid_worker", "resident"}
    for name in ("demo.json", "linli.key"):
        assert (folder / name).stat().st_mode & 0o077 == 0
    assert "演示数据" in (folder / "demo.json").read_text(encoding="utf-8")


def test_the_second_start_keeps_data_and_tokens(demo: Demo, folder: Path) -> None:
    command = [*COMMAND, "--folder", str(folder), "--port", "8000"]
    environment = {**os.environ, "LINLI_LANG": "zh-CN"}
    again = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=environment)
    assert demo.tokens["city_admin"] in again.stdout
    assert demo.data("{ viewer { name } }", "city_admin") == {"viewer": {"name": "city_admin"}}
