"""A page for each partner: its own figures, its deliveries, and what of them was set aside and why. Never another's rows.

What comes in: the partner's rows as its own analyst reads them, and the ledger's words on the deliveries of its suppliers. It is
behind a sign-in (`serve`), because figures here are before disclosure control.
"""

from __future__ import annotations

from pathlib import Path

from vrn.access import roles, unversioned
from vrn.publish.folder_swap import swapped_in
from vrn.report.partner_pages import from_warehouse, pages
from vrn.settings import Settings
from vrn.warehouse.connection import connect

OWNER_ONLY = 0o700


def folder(settings: Settings) -> Path:
    return settings.partners / "partner_pages"


def build(settings: Settings) -> Path:
    """Make the pages of all partners anew, aside and then swapped in. Returns the folder, with a folder for each partner.

    Each partner's figures are read as its own analyst, so that the database keeps them apart and not this program.
    """
    place = folder(settings)
    with swapped_in(place, OWNER_ONLY) as new:
        unversioned.keep(new)
        for partner in roles.partners(settings):
            with connect(settings, f"{roles.ANALYST_OF}{partner}") as own, connect(settings, roles.ENGINEER) as ledger:
                state = from_warehouse.state(own, ledger)
                figures = from_warehouse.figures(own)
                deliveries = from_warehouse.deliveries(ledger, from_warehouse.supplies(settings, partner))
            pages.write(new / partner, from_warehouse.name(settings, partner), state, figures, deliveries)
    return place


def refresh(settings: Settings) -> Path | None:
    """The same after a build, where there are pages and this process is given what signs the partners in; elsewhere they stay as
    they are, and say of when they are. Returns the folder, or None where nothing was made.

    In a deployment the process that builds may not sign in as a partner; a home that never made pages need not wait for them.
    """
    needed = [roles.ENGINEER, *(f"{roles.ANALYST_OF}{partner}" for partner in roles.partners(settings))]
    may_sign_in = all((settings.secrets / f"password_{role}").exists() for role in needed)
    return build(settings) if may_sign_in and folder(settings).exists() else None
