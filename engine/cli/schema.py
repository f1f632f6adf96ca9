"""``interlock schema``: what editors want to know about our files."""

from engine.cli.tables import print_json
from engine.config.schema import workers_schema


def workers() -> int:
    """Print the JSON Schema (draft 2020-12) of workers.yaml, with the processors that are installed and their settings.

    Keep it beside the file and name it in the first line, for editors that use the YAML language server:
    `# yaml-language-server: $schema=workers.schema.json`. `interlock check workers.yaml` checks the file itself.
    """
    from engine.processors.registry import load_processors

    print_json(workers_schema({maker.name: maker.settings for maker in load_processors().values()}))
    return 0
