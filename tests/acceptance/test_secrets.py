"""No secret in a log, an error or a page: the real daemon, a backend that gives back what it was sent, and a look at it all."""

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.harness.daemon import DaemonProcess, PracticeJira, environment, wait_until

#: The value of a sensitive variable, and what the daemon itself must not tell: settings of workers and of its own.
TOKEN = "Kx7Qw2Zr9Tn4Vb8Lm3Yp6Hd"
SETTING = "jT5gR8sW1xC4vB7nM0kL2pZq"
MANAGEMENT = "Ua3Df6Gh9Jk2Lz5Xc8Vb1Nm4"

MACHINE = """
variable "chat" {
  type      = string
  sensitive = true
}
variable "room" { default = "general" }
locals {
  bearer = "Bearer ${var.chat}"
}
provisioner "soc" {
  aliasmapper "soc" {
    aliases = { to_do = "To Do", in_progress = "In Progress", done = "Done" }
  }
  receive "github" "release" {
    when   = event.action == "published" && var.chat != "off"
    entity = issue_keys(event.release.body)
    fire   = "next"
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" {
      on "next" {
        when       = "${local.bearer}!" + 1 == 2
        transition = "done"
      }
      on "next" {
        when       = local.bearer != event.release.tag_name
        transition = "in_progress"
        set        = { half = substr(var.chat, 0, 12), room = var.room }
        request { comment = "by ${lower(var.chat)} in ${var.room}" }
        action "http" "announce" {
          url     = "BACKEND/refuse/${var.chat}?t=${var.chat}"
          headers = { authorization = local.bearer, accept = "application/json" }
          body    = { loud = upper(var.chat), turned = join("", reverse(split("", var.chat))), room = var.room }
          on_failure {
            action "http" "instead" {
              url  = "BACKEND/fine"
              text = jsonencode({ t = var.chat })
            }
          }
        }
        action "chat" "tell" {
          url  = "BACKEND/refuse"
          body = { text = "hello" }
        }
      }
    }
    state "in_progress" {
      on "next" {
        when       = context.half != "x"
        transition = "done"
      }
    }
    state "done" { final = true }
  }
  test "the start" {
    when "next" { event = { release = { tag_name = upper(var.chat) } } }
    then {
      state   = "done"
      context = { half = var.chat }
    }
  }
  property "never started with it" {
    never = state == "in_progress" && event.release.tag_name == lower(var.chat)
  }
}
"""
WORKERS = """
workers:
  atlassian:
    statefile: jira.hcl
    projects: [soc]
    variables:
      chat: env://CHAT
  chat:
    processor: http
    settings:
      headers:
        X-Api-Key: env://SETTING
"""


class Echo(BaseHTTPRequestHandler):
    """Refuses with everything that it was sent, as it came, in capitals, backwards and in base64."""

    protocol_version = "HTTP/1.1"
    requests: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        type(self).requests.append((self.path, dict(self.headers), body))
        heard = f"{self.path} {dict(self.headers)} {body.decode()}"
        words = json.dumps({"error": [heard[-300:], heard.upper()[-300:], heard[::-1][-300:]]}).encode()
        if "fine" in self.path:
            words = b"{}"
        self.send_response(200 if "fine" in self.path else 400, f"no {self.headers.get('authorization', '')}")
        self.send_header("content-length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def backend() -> Iterator[tuple[str, type[Echo]]]:
    handler = type("Echoes", (Echo,), {"requests": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()
    thread.join()


def pieces(secret: str) -> set[str]:
    """Every piece of a secret of eight characters, as it is, backwards and in base64; small letters."""
    packed = {b64encode(b" " * n + secret.encode()).decode()[4 if n else 0 :].rstrip("=") for n in range(3)}
    forms = [form.lower() for form in (secret, secret[::-1], *packed)]
    return {form[start : start + 8] for form in forms for start in range(len(form) - 7)}


def assert_hidden(what: str, said: str, *secrets: str) -> None:
    for secret in secrets:
        found = sorted(piece for piece in pieces(secret) if piece in said.lower())
        assert not found, f"{what} shows {found} in: {said[:4000]}"


def said_of(daemon: DaemonProcess, *command: str, stdin: bytes = b"") -> str:
    """What a command prints, in which no secret is."""
    told = daemon.cli(*command, stdin=stdin)
    said = f"{told.stdout.decode()}{told.stderr.decode()}"
    assert said, command
    assert "Traceback" not in said, said
    assert_hidden(" ".join(command), said, TOKEN, SETTING, MANAGEMENT)
    return said


def wait_for(daemon: DaemonProcess, event: str, count: int) -> None:
    """Until the daemon has said so that often."""
    said = lambda: sum(line.get("event") == event for line in daemon.lines()) >= count  # noqa: E731
    wait_until(said, f"{event} was not said {count} times")


def test_what_is_made_of_a_sensitive_value_reaches_the_backend_and_nobody_else(
    make_daemon: Callable[..., DaemonProcess], jira: PracticeJira, backend: tuple[str, type[Echo]]
) -> None:
    url, echo = backend
    daemon = make_daemon(
        "--log-level",
        "debug",
        machines=MACHINE.replace("BACKEND", url),
        workers=WORKERS,
        CHAT=TOKEN,
        SETTING=SETTING,
        INTERLOCK_TOKEN=MANAGEMENT,
    )
    daemon.register_beside()
    daemon.start()
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    wait_for(daemon, "effect.dead", 2)
    page = daemon.shown("SOC-1")

    # The calls carry the true values.
    (refused, headers, body), (fine, _, text) = echo.requests[:2]
    assert refused == f"/refuse/{TOKEN}?t={TOKEN}"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert json.loads(body) == {"loud": TOKEN.upper(), "turned": TOKEN[::-1], "room": "general"}
    assert (fine, json.loads(text)) == ("/fine", {"t": TOKEN})
    assert echo.requests[2][1]["x-api-key"] == SETTING
    assert f"by {TOKEN.lower()} in general" in str(jira.world.issue("SOC-1").comments)

    # What may be shown is, and the rest says what it is made of.
    assert page["context"] == {"half": "(sensitive: var.chat)", "room": "general"}
    first, second = page["history"][0]["trace"]["candidates"]
    assert first["reason"].startswith(
        "guard could not be evaluated: What is wrong with it would show (sensitive:"
    )
    assert "local.bearer is (sensitive: var.chat)" in second["reason"]
    assert page["history"][0]["facts"]["variables"] == {"chat": "(sensitive)", "room": "general"}

    assert daemon.deliver(daemon.release("Ships SOC-1 on")).status == 200
    wait_for(daemon, "decision", 2)
    wait_for(daemon, "effect.confirmed", 3)
    letters = json.loads(daemon.cli("deadletters", "list", "--json").stdout)
    assert {letter["action"] for letter in letters} == {"announce", "tell"}
    (delivery, *_) = json.loads(daemon.cli("deliveries", "--json").stdout)
    commands = [
        ["show", "SOC-1"],
        *(["deadletters", "show", letter["name"], "--json"] for letter in letters),
        ["deliveries", str(delivery["number"]), "--json"],
        ["replay", "--all", "--current", "--json"],
    ]
    for command in commands:
        said_of(daemon, *command)
    assert json.loads(said_of(daemon, "verify", "--json")) == {"checked": 2, "differences": []}

    # Another definition: nothing in it is sensitive, and what an instance remembers still is. Then a broken one.
    file = daemon.folder / "statemachines/jira.hcl"
    file.write_text(
        file.read_text().replace("  sensitive = true\n", "").replace("local.bearer != ", '"x" != ')
    )
    wait_for(daemon, "definitions.reloaded", 1)
    file.write_text(file.read_text().replace('default = "general"', f'default = upper("{TOKEN}", 1)'))
    file.write_text(file.read_text().replace('variable "room"', 'variable "room_token"'))
    wait_for(daemon, "definitions.kept", 1)
    for path in (
        "/",
        "/openapi.json",
        "/health",
        "/webhooks/list?provider=github",
        "/approvals",
    ):
        answer = daemon.call("GET", path, headers={"authorization": f"Bearer {MANAGEMENT}"})
        assert_hidden(path, f"{answer.headers} {answer.body!r}", TOKEN, SETTING, MANAGEMENT)
    assert daemon.terminate() == 0
    log = daemon.log.read_text()
    assert '"url":"http://(sensitive)' in log
    assert_hidden("the log", log, TOKEN, SETTING, MANAGEMENT)


def test_no_command_about_a_definition_shows_it(tmp_path: Path) -> None:
    environ = {**environment("http://127.0.0.1:9"), "CHAT": TOKEN, "SETTING": SETTING}
    interlock = DaemonProcess(tmp_path, environ)
    (tmp_path / "statemachines").mkdir()
    (tmp_path / "statemachines/jira.hcl").write_text(MACHINE.replace("BACKEND", "https://backend.example"))
    (tmp_path / "workers.yaml").write_text(WORKERS)
    payload = {"action": "published", "release": {"id": 1, "body": "SOC-1", "tag_name": "v1"}}
    (tmp_path / "p.json").write_text(json.dumps(payload))
    assert "counterexample" in said_of(interlock, "check")
    said_of(interlock, "check", "--json")
    assert "0 passed, 1 failed" in said_of(interlock, "test", "statemachines", "--junit", "junit.xml")
    assert_hidden("junit.xml", (tmp_path / "junit.xml").read_text(), TOKEN)
    said_of(interlock, "graph", "statemachines/jira.hcl")
    assert "(sensitive: var.chat)" in said_of(interlock, "simulate", "statemachines/jira.hcl", "p.json")
    by_hand = said_of(
        interlock, "simulate", "statemachines/jira.hcl", "--interactive", stdin=b"1\ns\nt\n1\ns\nt\nq\n"
    )
    assert 'test "by hand"' in by_hand
