"""Who publishes the site and answers for it: settings of the environment, which the home keeps."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass, fields

from vrn import whole_file
from vrn.errors import HomeError
from vrn.settings import Settings


@dataclass(frozen=True)
class Network:
    """Who publishes the site and answers for it; what is empty is not said. Raises HomeError for what no reader could follow."""

    name: str = "Lancashire Violence Reduction Network"
    form: str = ""
    email: str = ""
    phone: str = ""
    post: str = ""
    answer_days: str = "10"

    def __post_init__(self) -> None:
        for what, form, meant in (
            # What a page links to is opened by readers: nothing but a web address may stand there.
            ("form", r"(https?://[^\s/?#]+[^\s]*)?", "no web address. Write it as https://…"),
            ("email", r"([\w.+'-]+@[\w-]+(\.[\w-]+)+)?", "no email address. Write it as somebody@example.org"),
            ("answer_days", r"[1-9]\d*", "no whole number of working days. Write it as 10"),
            *((name, r"[^\r\n]*", "more than one line. Write it as one") for name in ("name", "phone", "post")),
        ):
            if not re.fullmatch(form, getattr(self, what)):
                raise HomeError(f"{_variable(what)} is '{getattr(self, what)}', which is {meant}, or leave it out.")

    @property
    def has_contact(self) -> bool:
        return bool(self.form or self.email or self.phone or self.post)


# What a preview and a release say beside their own.
NO_CONTACT = (
    "The site will name nobody to ask, and its accessibility statement is not what the law asks for: set VRN_NETWORK_FORM or "
    'VRN_NETWORK_EMAIL (docs/site.md, "Who answers for it").'
)


def of(settings: Settings) -> Network:
    """As the environment says it, and where that says nothing of a variable, as the home keeps it. Raises HomeError."""
    kept = settings.network.read_text(encoding="utf-8").split("\n") if settings.network.exists() else []
    said = dict(line.split("=", 1) for line in kept if "=" in line) | os.environ
    # An empty variable takes back what was kept; a name and a number of days there always are.
    found = {one.name: said.get(_variable(one.name), "").strip() or one.default for one in fields(Network)}
    return Network(**found)


def keep(settings: Settings, network: Network) -> None:
    """In the home, so that the next build from another shell does not lose whom to ask."""
    lines = [f"{_variable(name)}={text}\n" for name, text in asdict(network).items()]
    settings.home.mkdir(parents=True, exist_ok=True)
    whole_file.write(settings.network, "".join(lines))


def _variable(name: str) -> str:
    return f"VRN_NETWORK_{name.upper()}"
