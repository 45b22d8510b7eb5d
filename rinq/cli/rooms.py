"""Commands that open something to look at: JupyterLab, the web page, the demo, the doctor."""

from __future__ import annotations

import dataclasses
import functools
import sys
from typing import Annotated

import typer

from rinq.cli.common import AsJson, ConfigPath, app, show
from rinq.config import Config

Port = functools.partial(typer.Option, min=1, max=65535)


@app.command()
def lab(
    config: ConfigPath = None,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    port: Annotated[int, Port(help="JupyterLab's port, or the next free one.")] = 8888,
) -> None:
    """Open JupyterLab with the control room, on your own copy of the notebooks."""
    from rinq.apps.notebooks import open_lab

    open_lab(Config.load(config), browser=browser, port=port)


@app.command("app")
def web_page(
    config: ConfigPath = None,
    port: Annotated[int, Port(help="Port of the page.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to serve at.")] = "127.0.0.1",
    token: Annotated[str, typer.Option(help="Secret in the address; else a random one.")] = "",
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Serve the control room as a web page at localhost:8000."""
    from rinq.apps.web_page import serve_page

    serve_page(Config.load(config), port=port, browser=browser, host=host, token=token)


@app.command()
def demo(
    config: ConfigPath = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long jobs are made.")] = 30,
    seed: Annotated[int | None, typer.Option(help="Makes names and faults repeatable.")] = None,
) -> None:
    """Watch a whole fleet in the terminal: faults on, crashed processes started again."""
    from rinq.apps.demo import run_demo

    run_demo(Config.load(config) if config else None, seconds=seconds, seed=seed)


@app.command()
def doctor(as_json: AsJson = False, config: ConfigPath = None) -> None:
    """Check whether this installation can work, and say what to do."""
    from rinq.apps.doctor import examine

    findings = examine(Config.load(config))
    show([dataclasses.asdict(finding) for finding in findings], as_json)
    sys.exit(any(finding.advice for finding in findings))
