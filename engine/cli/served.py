"""Whether anything serves a project now, as far as the file beside a command says."""

from pathlib import Path

from engine.config.workers import read_workers


def why_unserved(workers_file: Path, projects: set[str]) -> dict[str, str]:
    """For each of the projects that no worker of the file serves, a sentence; nothing where there is no file that can be read.

    The file says it, and not a daemon: a store may be looked into from a machine where nobody serves anything.
    """
    try:
        workers = read_workers(workers_file.read_text(encoding="utf-8"), str(workers_file)).workers
    except (OSError, UnicodeDecodeError):
        return {}
    if workers is None:
        return {}
    return {
        project: f"no worker of {workers_file} serves project {project}, so nothing of it is decided or called"
        for project in projects
        if workers.serving(project) is None
    }
