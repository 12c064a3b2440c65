"""Domain time: the system's clock plus, in a demonstration, an offset that only moves forward."""

from datetime import UTC, datetime, timedelta


class Clock:
    """One per process; the offset is kept in the service's database and read again every half second."""

    def __init__(self) -> None:
        self._offset = timedelta(0)

    @property
    def offset_seconds(self) -> float:
        return self._offset.total_seconds()

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC) + self._offset

    def set_offset(self, seconds: float) -> None:
        """Moves forward only: a smaller offset is ignored, so that domain time never runs back."""
        self._offset = max(self._offset, timedelta(seconds=seconds))
