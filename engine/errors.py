"""Every exception of the project, on one page: whose fault it is, its stable code, and the status a server answers.

Problems in files are not exceptions but data (`engine.diagnostics`); an exception is raised only where a caller must
stop. The message of each is complete: it says what is wrong and what to do.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from engine.diagnostics import Diagnostic


def expect(value: object, what: str, *types: type) -> None:
    """Raise TypeError, in words, if an argument of a public function is of none of the types."""
    if not isinstance(value, types):
        wanted = " or ".join(one.__name__ for one in types)
        raise TypeError(f"{what} must be {wanted}, not {type(value).__name__}")


class InterlockError(Exception):
    """Anything that Interlock raises on purpose."""

    #: Stable name for logs, ``--json`` output and documentation.
    code: ClassVar[str] = "internal_server_error"
    #: The HTTP status a server answers when this reaches it.
    status: ClassVar[int] = 500


class AuthorError(InterlockError):
    """A file that the user wrote cannot be used."""

    code = "author"
    status = 422


class InvalidDefinitionError(AuthorError):
    """Definitions or ``workers.yaml`` have problems: `diagnostics` holds every one of them."""

    code = "invalid_definition"

    def __init__(self, diagnostics: Sequence["Diagnostic"], sources: Mapping[str, str] | None = None) -> None:
        """Take every problem found, not only the first, and the texts they are about, by file name."""
        super().__init__("; ".join(d.summary for d in diagnostics) or "the definition is invalid")
        self.diagnostics = tuple(diagnostics)
        self.sources = dict(sources or {})


class SettingError(AuthorError):
    """A flag, an environment variable or a member of ``settings`` is missing or wrong."""

    code = "setting"


class PluginError(AuthorError):
    """An installed plug-in cannot be used; the message names it."""

    code = "plugin"


class SenderError(InterlockError):
    """A delivery cannot be accepted as it was sent."""

    code = "sender"
    status = 400


class BodyTooLargeError(SenderError):
    """The body is larger than 25 MiB, the most that GitHub sends."""

    code = "body_too_large"
    status = 413


class UnknownSourceError(SenderError):
    """No source of that name is installed."""

    code = "unknown_source"
    status = 403


class UnauthenticatedError(SenderError):
    """Unknown hook, missing signature or wrong signature: the sender must not learn which."""

    code = "unauthenticated"
    status = 401


class MalformedBodyError(SenderError):
    """The signed body is not JSON."""

    code = "malformed_body"
    status = 400


class HookExistsError(InterlockError):
    """A hook for this source and repository is registered already; update it to get a new secret."""

    code = "duplicate_registration"
    status = 409


class HookMissingError(InterlockError):
    """No hook for this source and repository is registered."""

    code = "unregistered_webhook"
    status = 404


class UnknownEntityError(InterlockError):
    """Nothing was decided yet about an entity of that name, or there is no such answer."""

    code = "unknown_entity"
    status = 404


class AmbiguousAnswerError(InterlockError):
    """An answer fits several entities or states; it has to say which."""

    code = "ambiguous_answer"
    status = 409


class MalformedAnswerError(SenderError):
    """An answer names nobody, or something that is no answer there."""

    code = "malformed_answer"
    status = 400


class EvaluationError(InterlockError):
    """An expression could not be evaluated for these values: `diagnostic` says where and why."""

    code = "evaluation"
    status = 422

    def __init__(self, diagnostic: "Diagnostic", values: str = "", node: Any = None) -> None:
        """Take the problem, with the range of what failed, and the values involved: ``event.count is "five"``.

        `node` is the part of the expression that failed: the problem tells of nothing else.
        """
        super().__init__(f"{diagnostic.summary} ({values})" if values else diagnostic.summary)
        self.diagnostic = diagnostic
        self.node = node


class BackendError(InterlockError):
    """A processor's backend refused or did not answer."""

    code = "backend"
    status = 502


class StoreError(InterlockError):
    """The store cannot be opened, read or written."""

    code = "store"
    status = 503


class StoreBusyError(StoreError):
    """More waits for the disk than can be held; nothing was written, try again later."""

    code = "store_busy"


class StoreTroubleError(StoreError):
    """The store as a whole takes no writes now, or cannot be asked; no single write or event is to blame."""

    code = "store_trouble"


class DamagedRowError(StoreError):
    """A row of the store says what cannot be: what is built on it is not decided before somebody has mended it."""

    code = "damaged_row"


class StoreTooNewError(StoreError):
    """The store was written by a newer Interlock; upgrade this one, or restore a backup made before."""

    code = "store_too_new"


class SecretKeyError(StoreError):
    """The key that encrypts hook secrets is missing, malformed or not the one they were encrypted with."""

    code = "secret_key"


class FencedError(StoreError):
    """Another worker decided for this instance in between: this decision was not written."""

    code = "fenced"
    status = 409
