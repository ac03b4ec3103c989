"""`python -m sandbox`: every vendor on a port of its own, and an index."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from sandbox import registry, server
from sandbox.control import SEEDS
from sandbox.server import PortInUse, Sandbox


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--index-port", type=port_number, default=8800)
    parser.add_argument("--port", action="append", type=vendor_port, default=[], metavar="VENDOR=PORT")
    parser.add_argument("--any-ports", action="store_true", help="free ports for vendors that --port does not name")
    parser.add_argument("--seed", choices=SEEDS, default="demo")
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--ready-file", type=Path, help="gets the index URL once everything listens")
    options = parser.parse_args(argv)
    if options.scale < 1:
        parser.error("--scale must be 1 or more")
    return options


def port_number(text: str) -> int:
    """A port; 0 takes any that is free."""
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)


def vendor_port(text: str) -> tuple[str, int]:
    """One `salesforce=8801`."""
    name, _, port = text.partition("=")
    if name not in registry.VENDORS:
        raise argparse.ArgumentTypeError(f"no vendor {name!r}; there are {', '.join(registry.VENDORS)}")
    return name, port_number(port)


async def run(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sandbox = Sandbox.build(options.seed, options.scale, options.host)
    ports = {**({} if options.any_ports else registry.default_ports()), **dict(options.port)}
    await server.run(sandbox, ports, options.index_port, stop, lambda: announce(sandbox, options.ready_file))


def announce(sandbox: Sandbox, ready_file: Path | None) -> None:
    """One line for people, and the file for programs."""
    where = " ".join(f"{name}={url}" for name, url in sandbox.urls.items())
    print(f"sandbox index={sandbox.index_url} {where}", flush=True)
    if ready_file is not None:
        # renamed into place, so that whoever waits for the file never reads half of it
        partial = ready_file.with_name(ready_file.name + ".part")
        partial.write_text(sandbox.index_url + "\n", encoding="utf-8")
        partial.replace(ready_file)


def main() -> int:
    """Exit code 2 when a port is taken."""
    try:
        asyncio.run(run(arguments()))
    except PortInUse as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
