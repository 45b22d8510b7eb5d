"""Commands of the laboratory: virtual time, and the judge."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from rinq.cli.common import AsJson, ConfigPath, app, print_lines
from rinq.config import Config
from rinq.display import cut
from rinq.errors import FileInTheWay


@app.command()
def simulate(  # noqa: PLR0917 (Typer passes them by name)
    scenario: Annotated[Path | None, typer.Argument(help="YAML; else the default fleet.")] = None,
    hours: Annotated[float | None, typer.Option(help="Virtual hours; else the scenario's.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed, the same history.")] = 1,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE, such as consumers=3.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Write the queue to a new file.")] = None,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Run a fleet in virtual time: a day in seconds. Exit code 1 if a rule was broken."""
    from rinq.lab.audit.report import AuditVerdict
    from rinq.lab.scenario import Scenario, parse_changes
    from rinq.lab.simulation.simulation import simulate

    if save is not None and os.path.lexists(save):
        raise FileInTheWay(cut(save))
    described = (Scenario.load(scenario) if scenario else Scenario()).over(Config.load(config))
    changed = described.varied(parse_changes(change or ()))
    with simulate(changed, seed=seed, hours=hours) as run:
        summary = run.summary()
        if save is not None:
            run.save(save)
    if as_json:
        print(json.dumps(summary, indent=2))
    else:
        for name, value in {**summary["counts"], **summary["measures"]}.items():
            print(f"{name:18} {'-' if value is None else f'{value:,.6g}'}")
        print(f"{'verdict':18} {summary['verdict']}")
    if summary["verdict"] == AuditVerdict.INVALID:
        raise typer.Exit(1)


@app.command()
def check(
    queue: Annotated[str, typer.Argument(metavar="MODULE:CLASS", help="Your queue.")],
    only: Annotated[list[str] | None, typer.Option(help="Try this one, such as one-claim.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer trials.")] = False,
    as_json: AsJson = False,
) -> None:
    """Judge a queue that you wrote, in real processes: exit code 1 if a property is broken."""
    from rinq import judge

    report = judge.check(queue, only=only, quick=quick)
    print_lines(report.to_json() if as_json else str(report))
    sys.exit(bool(report.broken))


@app.command("new-queue")
def new_queue(file: Annotated[Path, typer.Argument(metavar="FILE", help="To be made.")]) -> None:
    """Write a small queue to begin with: it runs, and breaks several rules."""
    from rinq import judge

    judge.new_queue(file)
    print_lines(f"{cut(file)} written. In its folder: rinq check {file.stem}:MyQueue")
