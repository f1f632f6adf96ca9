"""The deployment files say what the program says: flags, variables, ports, paths, signals, probes, seconds."""

import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.cli.app import make_app
from engine.config.settings import SETTINGS, read_settings, variable
from engine.processors.registry import load_processors
from engine.serve.daemon import DRAIN_SECONDS
from engine.serve.receive import MAX_BODY, hook_of
from engine.serve.start import key_file
from tests.harness.daemon import ROOT, DaemonProcess, environment
from tests.harness.deployment import (
    CHART,
    DEPLOY,
    Instruction,
    assignments,
    bare_template,
    compose,
    dockerfile,
    env_file,
    leaves,
    templates,
    unit,
    used_values,
    values,
)

#: What stops the daemon waits this much longer than it drains.
MARGIN = 5
PAGE = (ROOT / "docs/deployment.md").read_text()
#: A tool's own opinion is asked where there is one, beside what every machine tests.
HELM, SYSTEMD_ANALYZE = shutil.which("helm"), shutil.which("systemd-analyze")
VARIABLES = {variable(name) for name in SETTINGS}
STAGES = dockerfile()
IMAGE = STAGES[-1]


def image(word: str) -> str:
    """What the only instruction of that word in the final stage says."""
    (found,) = [i.text for i in IMAGE if i.word == word]
    return found


def image_environment() -> dict[str, str]:
    return {k: v for k, v in assignments(image("ENV")).items() if k != "PATH"}


def ours(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith("INTERLOCK_")}


def is_a_command(*words: str) -> None:
    """Fail unless the program takes these words."""
    command, _, _ = make_app().parse_args(words, exit_on_error=False, print_error=False)
    assert command.__module__.startswith("engine.cli."), words


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


# The image


def test_the_image_starts_the_daemon() -> None:
    program = Instruction("ENTRYPOINT", image("ENTRYPOINT")).listed()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert program[0] in scripts
    is_a_command(*program[1:], *Instruction("CMD", image("CMD")).listed())


def test_the_variables_of_the_image_are_the_programs_own() -> None:
    environ = image_environment()
    assert set(ours(environ)) <= VARIABLES
    settings = read_settings({}, environ)
    assert str(settings.port) == image("EXPOSE") == SETTINGS["port"].default
    assert settings.host == "0.0.0.0"
    assert f"`{settings.host}`" in PAGE


def test_the_store_and_its_key_are_in_the_volume() -> None:
    store = image_environment()["INTERLOCK_STORE"]
    assert str(key_file(store).parent) == image("VOLUME") == image("WORKDIR")


def test_the_image_does_not_run_as_root_and_stops_by_sigterm() -> None:
    uid, gid = image("USER").split(":")
    made = next(i.text for i in IMAGE if i.word == "RUN")
    assert uid == gid != "0"
    assert f"--uid {uid}" in made
    assert image("STOPSIGNAL") == "SIGTERM"
    assert f"user {uid}" in PAGE


def test_the_image_is_built_of_locked_requirements_with_the_python_of_the_lock() -> None:
    (python,) = [i.text.partition("=")[2] for i in STAGES[0]]
    assert f"pip-compile with Python {python}\n" in (ROOT / "requirements/run.txt").read_text()
    installs = [
        words
        for stage in STAGES
        for i in stage
        if i.word == "RUN"
        for words in i.text.split(" && ")
        if "pip install" in words
    ]
    assert installs
    assert all("--require-hashes -r" in words or "--no-index" in words for words in installs)


def lets_through(path: str) -> bool:
    """Whether .dockerignore lets a path into the build."""
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    fine = True
    for rule in rules:
        pattern = rule.removeprefix("!").removeprefix("**/")
        if rule.startswith("#"):
            continue
        whole = [path, *(str(parent) for parent in Path(path).parents), *Path(path).parts]
        if any(fnmatch.fnmatchcase(one, pattern) for one in whole):
            fine = rule.startswith("!")
    return fine


def test_the_build_gets_what_it_copies_and_no_secret() -> None:
    copied = [
        name
        for stage in STAGES
        for i in stage
        if i.word == "COPY" and not i.text.startswith("--from")
        for name in i.text.split()[:-1]
    ]
    assert "engine/" in copied
    assert [name for name in copied if not (ROOT / name).exists() or not lets_through(name.rstrip("/"))] == []
    secrets = (
        "app.env",
        "deploy/interlock.env",
        "interlock.db",
        "interlock.key",
        ".git/config",
        ".venv/bin/python",
    )
    assert [name for name in secrets if lets_through(name)] == []


# Compose


def services() -> dict[str, dict[str, Any]]:
    """The services that are daemons."""
    return {name: body for name, body in compose()["services"].items() if body["image"] == "interlock"}


@pytest.mark.parametrize("name", sorted(services()))
def test_a_service_of_the_compose_file(name: str) -> None:
    service = services()[name]
    is_a_command(*service.get("command", ["run"]))
    assert set(service.get("environment", {})) <= VARIABLES | {"PGPASSWORD"}
    assert service["stop_signal"] == "SIGTERM"
    assert seconds(service["stop_grace_period"]) >= DRAIN_SECONDS + MARGIN
    for port in service.get("ports", []):
        assert re.fullmatch(rf"127\.0\.0\.1:[\d-]+:{image('EXPOSE')}", port)
    read_only = [volume for volume in service.get("volumes", []) if volume.endswith(":ro")]
    definitions = str(Path(image_environment()["INTERLOCK_WORKERS"]).parent)
    assert all(volume.endswith(f":{definitions}:ro") for volume in read_only)
    assert bool(read_only) == bool(service.get("ports"))


def test_the_services_of_the_compose_file_exclude_each_other() -> None:
    profiles = {name: body.get("profiles", []) for name, body in compose()["services"].items()}
    assert profiles == {
        "daemon": [],
        "practice": ["practice"],
        "distributed": ["postgresql"],
        "postgresql": ["postgresql"],
    }
    assert f"store:{image('VOLUME')}" in services()["daemon"]["volumes"]
    assert compose()["services"]["daemon"]["build"] == {"context": ".."}


def test_the_practice_service_is_silent_where_the_image_speaks() -> None:
    """An empty variable counts as none, so `run --practice` brings its own."""
    silenced = services()["practice"]["environment"]
    assert set(silenced.values()) == {""}
    assert set(ours(image_environment())) - set(silenced) == {"INTERLOCK_PORT"}


def test_the_distributed_service_reaches_the_database_of_the_file() -> None:
    assert "command" not in services()["distributed"]  # a password would be seen by every user of the host
    given = services()["distributed"]["environment"]
    database = compose()["services"]["postgresql"]["environment"]
    user, password, name = (database[f"POSTGRES_{word}"] for word in ("USER", "PASSWORD", "DB"))
    # Apart from the URL, which a password of somebody's choice would have to be escaped in.
    assert given["INTERLOCK_STORE"] == f"postgresql://{user}@postgresql/{name}"
    assert given["PGPASSWORD"] == password


def test_the_example_env_file_names_what_the_program_reads() -> None:
    jira = {name for maker in load_processors([]).values() for name in maker.defaults.values()}
    names = env_file()
    assert [name for name in names if name not in VARIABLES | jira] == []
    assert {"INTERLOCK_TOKEN", "INTERLOCK_SECRET_KEY"} < set(names)
    (shared,) = {one["path"] for s in services().values() for one in s.get("env_file", [])}
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert f"deploy/{shared}" in ignored


# systemd


def test_the_unit_starts_stops_and_reloads_the_daemon() -> None:
    service = unit()["Service"]
    (start,) = service["ExecStart"]
    program, *words = shlex.split(start)
    assert Path(program).name == "interlock"
    is_a_command(*words)
    assert service["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert service["KillSignal"] == ["SIGTERM"]
    assert int(service["TimeoutStopSec"][0]) >= DRAIN_SECONDS + MARGIN


def test_the_variables_of_the_unit_are_the_programs_own() -> None:
    service = unit()["Service"]
    environ = assignments(" ".join(service["Environment"]))
    assert set(environ) <= VARIABLES
    settings = read_settings({}, environ)
    (folder,) = service["WorkingDirectory"]
    assert folder == f"/var/lib/{service['StateDirectory'][0]}" == str(key_file(settings.store).parent)
    assert {settings.workers.parent, settings.machines.parent} == {Path("/etc/interlock")}
    assert service["EnvironmentFile"] == [f"/etc/interlock/{Path(compose_env_file()).name}"]


def compose_env_file() -> str:
    return str(services()["daemon"]["env_file"][0]["path"])


if SYSTEMD_ANALYZE is not None:

    def test_systemd_takes_the_unit_and_finds_it_well_protected(tmp_path: Path) -> None:
        text = (DEPLOY / "interlock.service").read_text()
        copy = tmp_path / "interlock.service"
        copy.write_text(text.replace("/opt/interlock/bin/interlock", sys.executable))
        for words in (["verify", "--man=no"], ["security", "--offline=yes", "--threshold=20", "--no-pager"]):
            done = subprocess.run(
                [str(SYSTEMD_ANALYZE), *words, str(copy)],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert "interlock.service:" not in done.stderr


# Helm


def pod() -> dict[str, Any]:
    found = bare_template("deployment.yaml")["spec"]["template"]["spec"]
    assert isinstance(found, dict)
    return found


def container() -> dict[str, Any]:
    (found,) = pod()["containers"]
    assert isinstance(found, dict)
    return found


def test_the_chart_uses_every_value_and_no_other() -> None:
    given, used = set(leaves(values())), used_values()
    known = {path[:depth] for path in given for depth in range(1, len(path) + 1)}
    assert used - known == set()
    assert {path for path in given if not {path[:d] for d in range(1, len(path) + 1)} & used} == set()


@pytest.mark.parametrize("path", templates(), ids=lambda p: p.name)
def test_the_blocks_of_a_template_are_closed(path: Path) -> None:
    depth = 0
    for action in re.findall(r"\{\{-?\s*(\w+)", path.read_text()):
        depth += (action in {"if", "with", "range", "define"}) - (action == "end")
        assert depth >= 0
    assert depth == 0
    names = (CHART / "templates/_names.tpl").read_text()
    included = set(re.findall(r'include "([^"]+)"', path.read_text()))
    assert included <= set(re.findall(r'define "([^"]+)"', names))


def test_the_chart_has_the_programs_number() -> None:
    chart = (CHART / "Chart.yaml").read_text()
    assert f"\nversion: {engine.__version__}\n" in chart
    assert f'\nappVersion: "{engine.__version__}"\n' in chart


def test_the_variables_of_the_chart_are_the_programs_own() -> None:
    given = {one["name"]: one for one in container()["env"]}
    assert set(given) <= VARIABLES
    environ = {name: str(one["value"]) for name, one in given.items() if "value" in one}
    own = {"INTERLOCK_LOG_LEVEL": values()["logLevel"], "INTERLOCK_ROLE": values()["role"]}
    settings = read_settings({}, {**environ, **own, "INTERLOCK_KEEP": values()["keep"]})
    assert (settings.role, settings.keep) == ("all", None)
    assert settings.port == container()["ports"][0]["containerPort"] == int(image("EXPOSE"))
    assert values()["service"]["port"] == settings.port
    mounts = {one["name"]: one["mountPath"] for one in container()["volumeMounts"]}
    assert mounts["store"] == str(key_file(settings.store).parent) == image("VOLUME")
    assert {str(settings.workers.parent), str(settings.machines)} == {mounts["definitions"]}
    required = {name for name, one in given.items() if "valueFrom" in one}
    assert required == {"INTERLOCK_TOKEN", "INTERLOCK_SECRET_KEY", "INTERLOCK_STORE"}
    assert all(
        one["valueFrom"]["secretKeyRef"]["key"] == name for name, one in given.items() if name in required
    )
    # A service of the name would set INTERLOCK_PORT to tcp://…
    assert pod()["enableServiceLinks"] is False


def test_the_chart_runs_the_image_as_it_is() -> None:
    is_a_command(*container()["args"])
    security = pod()["securityContext"]
    assert f"{security['runAsUser']}:{security['runAsGroup']}" == image("USER")
    assert security["fsGroup"] == security["runAsGroup"]
    assert security["runAsNonRoot"] is True
    text = (CHART / "templates/deployment.yaml").read_text()
    assert 'type: {{ .Values.embedded | ternary "Recreate" "RollingUpdate" }}' in text


def test_the_grace_of_the_chart_covers_the_drain() -> None:
    waits = int(container()["lifecycle"]["preStop"]["exec"]["command"][1])
    assert values()["terminationGracePeriodSeconds"] >= waits + DRAIN_SECONDS + MARGIN


def test_the_ingress_shows_hooks_and_nothing_else() -> None:
    text = (CHART / "templates/ingress.yaml").read_text()
    (shape,) = re.findall(r'path: \{\{ printf "([^"]+)"', text)
    assert hook_of({"path": shape % "github/my-repo"}) == ("github", "my-repo")
    (rule,) = bare_template("ingress.yaml")["spec"]["rules"]
    assert [path["pathType"] for path in rule["http"]["paths"]] == ["Exact"]
    size = values()["ingress"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
    assert int(size.removesuffix("m")) * 1024 * 1024 == MAX_BODY


if HELM is not None:

    @pytest.mark.parametrize("more", ["embedded=true", "embedded=false,replicas=3,ingress.enabled=true,ingress.host=h,ingress.hooks={github/a}"])  # fmt: skip
    def test_helm_takes_the_chart(more: str) -> None:
        for words in (["lint", "--strict"], ["template", "interlock"]):
            done = subprocess.run(
                [str(HELM), *words, str(CHART), "--set", more],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr


# All together, and a real daemon


def test_the_page_gives_the_same_seconds_and_values() -> None:
    (grace,) = re.findall(r"--stop-timeout (\d+)", PAGE)
    assert int(grace) >= DRAIN_SECONDS + MARGIN
    known = {".".join(path) for path in leaves(values())}
    assert [name for name in re.findall(r"--set '?([A-Za-z.]+)=", PAGE) if name not in known] == []
    assert f"drains for up to {DRAIN_SECONDS:g} seconds" in PAGE


def documented_commands() -> Iterator[list[str]]:
    """What the page has people type after the program's name."""
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            found = re.search(r"(?:exec interlock|-- ) ?interlock (.+)", line)
            if found is not None:
                yield shlex.split(found[1], comments=True)


def test_the_commands_of_the_page_are_commands() -> None:
    found = list(documented_commands())
    assert len(found) > 1
    for words in found:
        is_a_command(*words)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[DaemonProcess]:
    shutil.copy(ROOT / "workers.yaml", tmp_path)
    shutil.copytree(ROOT / "statemachines", tmp_path / "statemachines")
    one = DaemonProcess(tmp_path, environment("http://127.0.0.1:1")).start()
    yield one
    if one.process is not None and one.process.poll() is None:
        one.terminate()


def health_check(port: int) -> int:
    """The exit status of the image's own health check."""
    _, _, command = image("HEALTHCHECK").partition("CMD ")
    program, *words = Instruction("CMD", command).listed()
    assert program == "python"
    environ = {**os.environ, "INTERLOCK_PORT": str(port), "http_proxy": "http://127.0.0.1:1"}
    return subprocess.run(
        [sys.executable, *words], env=environ, capture_output=True, timeout=30, check=False
    ).returncode


def test_the_health_check_and_the_probes_against_a_daemon(daemon: DaemonProcess) -> None:
    paths = {
        container()[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {"/livez", "/readyz"}
    assert [daemon.call("GET", path).status for path in sorted(paths)] == [200, 200]
    assert container()["livenessProbe"] != container()["readinessProbe"]
    assert health_check(daemon.port) == 0
    daemon.terminate()
    assert health_check(daemon.port) != 0


def test_the_proxy_of_the_page_shows_hooks_and_nothing_else(daemon: DaemonProcess) -> None:
    (pattern,) = re.findall(r"location ~ (\S+) \{", PAGE)
    (size,) = re.findall(r"client_max_body_size (\d+)m;", PAGE)
    assert int(size) * 1024 * 1024 == MAX_BODY
    daemon.register()
    assert re.search(pattern, daemon.uri)
    paths = list(daemon.call("GET", "/openapi.json").json()["paths"])
    assert paths
    shown = [path for path in [*paths, "/openapi.json", "/livez", "/readyz"] if re.search(pattern, path)]
    assert [path for path in shown if "payload" not in path] == []
