"""What the demo tells while it runs: numbered steps, facts with numbers, and the time that each step took."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from prividium import clock


class Narrator:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.timings: list[tuple[str, float]] = []

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step; note its duration when it ends."""
        self.console.print(f"\n[bold cyan]{len(self.timings) + 1}. {title}[/]")
        started = clock.monotonic()
        yield
        self.timings.append((title, clock.monotonic() - started))

    def say(self, text: str) -> None:
        self.console.print(f"   {text}")

    def refused(self, what: str, answer: str) -> None:
        self.console.print(f"   [green]refused[/] {what}: [dim]{answer}[/]")

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        columns = (
            TextColumn("   {task.description}"),
            BarColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console) as bar:
            yield bar

    def summary(self) -> None:
        self.console.print("\n[bold]Seconds per step[/]")
        for title, seconds in self.timings:
            self.console.print(f"   {seconds:7.1f}  {title}")
        self.console.print(f"   {sum(seconds for _, seconds in self.timings):7.1f}  in all")
