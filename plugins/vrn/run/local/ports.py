"""The ports of a home: free when it starts, and kept in it, so that later commands and starts find it where it was."""

from __future__ import annotations

import socket

from vrn import whole_file
from vrn.errors import HomeError
from vrn.settings import Settings


def asked(settings: Settings) -> dict[str, int]:
    """The ports that this command uses, by the variable that sets each."""
    return {"VRN_PG_PORT": settings.pg_port, "VRN_AIRFLOW_PORT": settings.airflow_port}


def keep(settings: Settings) -> None:
    """Write down where the home is found."""
    settings.ports_file.parent.mkdir(parents=True, exist_ok=True)
    whole_file.write(settings.ports_file, "".join(f"{variable}={port}\n" for variable, port in asked(settings).items()))


def check_kept(settings: Settings) -> None:
    """Raise HomeError where a home that runs is asked for at another port than its own."""
    for variable, kept in settings.kept_ports().items():
        if (port := asked(settings)[variable]) != kept:
            raise HomeError(
                f"The home {settings.home} runs at port {kept} ({variable}), and {port} was asked for. "
                f"Leave {variable} out to use it there, or move it: `make down`, then start it with {variable}={port}."
            )


def check_free(port: int, variable: str) -> None:
    """Raise HomeError where another program listens at the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise HomeError(
                f"Port {port} is taken by another program, which may be another home. Stop it, or choose another port with "
                f"{variable}=…; the home keeps it."
            ) from None
