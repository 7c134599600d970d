"""The gateway's settings: from a TOML file, then from the environment, which wins.

Owns every key, its default and its limits. What each key means, in both languages, stands in
`lovebell.words.keys`. Knows nothing of what the settings are used for.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from lovebell.domain.address import host_of
from lovebell.domain.bulletin import Hours
from lovebell.domain.episode import Limits
from lovebell.domain.habits import Habits, minute_of
from lovebell.domain.model import NAME
from lovebell.domain.plan import DEFAULT, format_step, parse_plan
from lovebell.domain.rollout import checked_waves
from lovebell.domain.supervision import Rules, release

if TYPE_CHECKING:
    from lovebell.domain.model import Step

PREFIX: Final = "LOVEBELL_"
CONFIG_VARIABLE: Final = "LOVEBELL_CONFIG"
DEFAULT_CONFIG: Final = Path("/etc/lovebell/lovebell.toml")

_Seconds = Annotated[int, Field(ge=1, le=86_400)]


class ConfigError(ValueError):
    """A setting that cannot be used. `problems` names each key, where it stands and why.

    A problem is a code of `lovebell.words.keys` and what its sentence needs; a secret's value is
    never among them.
    """

    def __init__(self, *problems: tuple[str, dict[str, str]]) -> None:
        super().__init__("; ".join(f"{code}: {needs}" for code, needs in problems))
        self.problems = problems


def default_database() -> Path:
    """Where the database lies unless told otherwise: root has another place than others."""
    if os.geteuid() == 0:
        return Path("/var/lib/lovebell/lovebell.db")
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "lovebell" / "lovebell.db"


class Settings(BaseSettings):
    """Every key that can be set. Made by `load`; never changes afterwards."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True
    )

    database: Path = Field(default_factory=default_database)
    broker_host: str = Field("127.0.0.1", min_length=1)
    broker_port: int = Field(1883, ge=1, le=65_535)
    broker_user: str = ""
    broker_password: SecretStr | None = None
    broker_password_file: Path | None = None
    broker_ca: Path | None = None
    broker_client_id: str = Field("lovebell-gateway", min_length=1, max_length=64)
    broker_folder: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    language: Literal["zh", "en"] = "zh"
    acknowledge_s: _Seconds = 600
    cancel_s: _Seconds = 30
    test_s: _Seconds = 30
    heartbeat_s: _Seconds = 60
    quiet_from: str = "22:00"
    quiet_to: str = "07:00"
    low_mv: int = Field(0, ge=0, le=60_000)
    oldest_firmware: str = ""
    health_port: int = Field(0, ge=0, le=65_535)
    watchdog_url: str = Field("", pattern=r"^(https?://[^\s/]+\S*)?$")
    watchdog_s: _Seconds = 60
    messages_from_step: int = Field(2, ge=1, le=16)
    templates: Path | None = None
    firmware_publisher: Path | None = None
    firmware_waves: Annotated[tuple[str, ...], NoDecode, AfterValidator(checked_waves)] = (
        *("1", "5%", "25%"),
    )
    public_url: str = Field("", pattern=r"^(https?://[^\s/?#]+[^\s?#]*)?$")
    web_host: str = Field("127.0.0.1", min_length=1)
    web_port: int = Field(0, ge=0, le=65_535)
    technicians: Annotated[tuple[str, ...], NoDecode] = ()
    technicians_from: str = "08:00"
    technicians_to: str = "18:00"
    technicians_days: Annotated[tuple[int, ...], NoDecode] = (1, 2, 3, 4, 5, 6, 7)
    faults_at_once: Annotated[tuple[str, ...], NoDecode] = (
        *("broker", "disk", "overdue", "outbox", "messages", "rights", "twice"),
    )
    default_plan: Annotated[tuple[str, ...], NoDecode] = tuple(format_step(s) for s in DEFAULT)

    @field_validator(
        *("database", "broker_password_file", "broker_ca", "broker_folder", "templates"),
        "firmware_publisher",
    )
    @classmethod
    def _at_home(cls, value: Path | None) -> Path | None:
        try:
            return value and value.expanduser()
        except RuntimeError:  # of a user whom this machine does not know
            raise ValueError("no home") from None

    @field_validator("*", mode="before")
    @classmethod
    def _is_writable(cls, value: object) -> object:
        """No path, name or address holds a NUL, and whoever is handed one falls over it."""
        if isinstance(value, str) and "\0" in value:
            raise ValueError("NUL")
        return value

    @field_validator("quiet_from", "quiet_to", "technicians_from", "technicians_to")
    @classmethod
    def _is_time(cls, value: str) -> str:
        minute_of(value)
        return value

    @field_validator("broker_host", "web_host")
    @classmethod
    def _is_host(cls, value: str) -> str:
        return host_of(value)

    @field_validator("oldest_firmware")
    @classmethod
    def _is_release(cls, value: str) -> str:
        if value and not release(value):
            raise ValueError("no version")
        return value

    @field_validator(
        *("technicians", "technicians_days", "faults_at_once", "firmware_waves"), mode="before"
    )
    @classmethod
    def _part(cls, value: object) -> object:
        """In the environment a list is one text, its parts parted by commas."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("technicians", "faults_at_once")
    @classmethod
    def _are_words(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(NAME.match(word) for word in value):
            raise ValueError("no id")
        return value

    @field_validator("technicians_days")
    @classmethod
    def _are_days(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or not all(1 <= day <= 7 for day in value):
            raise ValueError("no day")
        return value

    @field_validator("default_plan", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """In the environment a plan is one text, its steps parted by semicolons."""
        if isinstance(value, str):
            return [step.strip() for step in value.split(";") if step.strip()]
        return value

    @field_validator("default_plan")
    @classmethod
    def _is_plan(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        parse_plan(value)
        return value

    @model_validator(mode="after")
    def _one_password(self) -> Settings:
        if self.broker_password is not None and self.broker_password_file is not None:
            raise ValueError("two_passwords")
        if self.public_url and not self.web_port:
            raise ValueError("no_web_port")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before the file, whose values `load` hands over at construction."""
        return env_settings, init_settings

    @property
    def limits(self) -> Limits:
        """The times of an episode, in milliseconds."""
        return Limits(
            self.acknowledge_s * 1000,
            self.cancel_s * 1000,
            self.test_s * 1000,
            self.messages_from_step,
        )

    @property
    def hours(self) -> Hours:
        """When technicians are told of faults."""
        return Hours(
            minute_of(self.technicians_from),
            minute_of(self.technicians_to),
            frozenset(self.technicians_days),
            frozenset(self.faults_at_once),
        )

    @property
    def habits(self) -> Habits:
        """How devices are to behave."""
        return Habits(self.heartbeat_s, minute_of(self.quiet_from), minute_of(self.quiet_to))

    @property
    def rules(self) -> Rules:
        """What is asked of devices."""
        return Rules(self.heartbeat_s, self.low_mv, self.oldest_firmware)

    @property
    def plan(self) -> tuple[Step, ...]:
        """The plan of a home that has none of its own."""
        return parse_plan(self.default_plan)

    def read_password(self) -> SecretStr | None:
        """The broker's password from the key or from the file it names; None when there is none.

        Raises ConfigError when the file cannot be read. Only the gateway asks, so an operator
        needs no right to read the file.
        """
        if self.broker_password_file is None:
            return self.broker_password
        try:
            text = self.broker_password_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as why:
            path = str(self.broker_password_file)
            raise ConfigError(("password_file", {"path": path, "why": _why(why)})) from why
        return SecretStr(text.strip("\r\n"))


def load(path: Path | None = None) -> Settings:
    """Read the settings: from `path`, else from the file that LOVEBELL_CONFIG names, else from
    /etc/lovebell/lovebell.toml if there is one; then from the environment (LOVEBELL_*), which wins.

    Raises ConfigError for a file that cannot be read, and for every unknown key and wrong value.
    """
    named = path or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    if named is None and DEFAULT_CONFIG.is_file():
        named = DEFAULT_CONFIG
    values = {} if named is None else _read(named)
    unknown = [_unknown(key, str(named), key) for key in values if key not in Settings.model_fields]
    unknown += [
        _unknown(_key(variable), "", variable)
        for variable in _variables()
        if _key(variable) not in Settings.model_fields
    ]
    if unknown:
        raise ConfigError(*unknown)
    try:
        return Settings(**values)
    except ValidationError as why:
        raise ConfigError(*(_wrong(error, str(named)) for error in why.errors())) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, ValueError, RecursionError) as why:  # no TOML, no UTF-8, or brackets for ever
        raise ConfigError(("file", {"path": str(path), "why": _why(why)})) from why


def _why(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _variables() -> list[str]:
    ours = (name for name in sorted(os.environ) if name.upper().startswith(PREFIX))
    return [name for name in ours if name.upper() != CONFIG_VARIABLE]


def _key(variable: str) -> str:
    return variable[len(PREFIX) :].lower()


def _unknown(key: str, path: str, written: str) -> tuple[str, dict[str, str]]:
    """An unknown key, with the nearest known one, in the form in which it was written."""
    near = (difflib.get_close_matches(key, Settings.model_fields, 1) or ["database"])[0]
    if not path:
        return "unknown_variable", {"key": written, "near": PREFIX + near.upper()}
    return "unknown_key", {"key": written, "path": path, "near": near}


def _wrong(error: Any, path: str) -> tuple[str, dict[str, str]]:
    if not error["loc"]:
        return str(error["ctx"]["error"]), {}
    key = str(error["loc"][0])
    variable = next((name for name in _variables() if _key(name) == key), "")
    value = "***" if key == "broker_password" else repr(error["input"])[:80]
    if variable:
        return "wrong_variable", {"key": key, "variable": variable, "value": value}
    return "wrong_key", {"key": key, "path": path, "value": value}
