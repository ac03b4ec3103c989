"""The switches for what Intuit leaves open, and for what a test wants harsher or milder."""

from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

_CHOICES: dict[str, tuple[str, ...]] = {
    "rotate": ("every_refresh", "daily"),
    "replay_mode": ("remember", "fault_6000", "forget"),
    "throttle": ("on", "off"),
    "duplicate_name_detail": ("id", "other_list", "null"),
}


@dataclass
class Settings:
    """Each default is the harsher reading of an unsettled point, or the published value."""

    rotate: str = "every_refresh"
    refresh_grace_seconds: float = 0
    access_token_seconds: float = 3600
    authorization_code_seconds: float = 300
    refresh_idle_days: float = 100
    refresh_hard_years: float = 5
    replay_mode: str = "remember"
    throttle: str = "on"
    calls_per_minute: float = 500
    calls_per_second: float = 10
    batches_per_minute: float = 40
    duplicate_name_detail: str = "id"
    warn_duplicate_docnum: bool = True
    shuffle_batch_answers: bool = True
    service_seconds: float = 0.0
    lenient_start_position: bool = False

    def change(self, changes: dict[str, Any]) -> None:
        """Set several switches; nothing is set when one of them is wrong."""
        checked = {name: self._checked(name, value) for name, value in changes.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def shown(self) -> dict[str, Any]:
        """Every switch with its present value."""
        return asdict(self)

    def _checked(self, name: str, value: Any) -> Any:
        if name not in {field.name for field in fields(self)}:
            raise ValueError(f"quickbooks has no setting {name!r}")
        if name in _CHOICES:
            return _one_of(name, value, _CHOICES[name])
        if isinstance(getattr(self, name), bool):
            return _truth(name, value)
        return _amount(name, value)


def _one_of(name: str, value: Any, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    return str(value)


def _truth(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {value!r}")
    return value


def _amount(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or value < 0:
        raise ValueError(f"{name} must be a number of at least 0, not {value!r}")
    return float(value)
