"""The commands `release`, which is everything from the figures as they were built to the pages, and `release-preview`.

Killed between any two lines it goes on when it is run again: the figures are frozen in one transaction, all of them or none, and
what follows rests on them alone and may be done twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from rich.console import Console

from vrn.build import in_force
from vrn.build import steps as build
from vrn.publish import exports, network, readers, release
from vrn.report import partner_pages, site
from vrn.run.local import progress
from vrn.settings import Settings

# Is told in words what is being done.
Tell = Callable[[str], None]
WAITS = "waits for a build, or the filling of the database of readers, that is under way"


@dataclass(frozen=True)
class Look:
    """How far a release is: how many of its steps are taken, which is under way, and the share of its figures that is decided
    where that moves."""

    taken: int
    step: str
    decided: float | None = None

    @property
    def share(self) -> progress.Stage:
        return None if self.decided is None else (self.decided, None)

    @property
    def words(self) -> str:
        return "" if self.decided is None else f"{self.decided:.1%} decided"


def _publish(settings: Settings, release_id: str, tell: Tell) -> str:
    # Until it is known whether the release is given up, no other build may publish it.
    with build.alone(lambda: tell(WAITS)):
        tell(PUBLISH)
        try:
            build.take("publish")
        except (build.BuildFailed, in_force.TakenBack) as error:
            if release.give_up(settings, release_id, str(error)):
                raise release.ReleaseRefused(
                    f"The release {release_id} was given up, and readers see the one before: {error} Mend what failed, "
                    "run `make build`, and make the release again."
                ) from error
            raise
    return "schema publish"


def _fill(settings: Settings, *_) -> str:
    readers.fill(settings)
    return f"database {settings.readers_database}"


def _export(settings: Settings, release_id: str, *_) -> str:
    return str(exports.write(settings, release_id))


def _site(settings: Settings, *_) -> str:
    return str(site.build(settings) / "index.html")


def _partner_pages(settings: Settings, *_) -> str:
    return str(partner_pages.build(settings))


FREEZE, PUBLISH = "freeze", "publish"
# What follows upon the figures, in order; each gives where it is to be seen.
STEPS: dict[str, Callable[[Settings, str, Tell], str]] = {
    PUBLISH: _publish,
    "readers": _fill,
    "exports": _export,
    "site": _site,
    "partner-pages": _partner_pages,
}
OF_RELEASE = progress.Form(
    ("decided", "released"),
    lambda look: (look.share, (look.taken, len(STEPS) + 1)),
    lambda look: ", ".join(filter(None, (f"of {len(STEPS) + 1} steps {look.taken} taken", look.words))),
    attrgetter("step"),
)
OF_PREVIEW = progress.Form(("decided",), lambda look: (look.share,), attrgetter("words"), attrgetter("step"))


def preview(settings: Settings, console: Console) -> str:
    """What a release would change, in lines, and meanwhile how far that is. Raises ReleaseRefused."""
    with progress.shown(console, OF_PREVIEW) as show:
        return release.previewed(settings, lambda what, decided=None: show(Look(0, what, decided)))


def carry_out(settings: Settings, console: Console, note: str, reason: str | None = None) -> str:
    """Make a release, or finish the one that was interrupted, and meanwhile show how far it is. Returns its id.

    Raises ReleaseRefused, also where the tables of publish cannot be built of it and it is given up, and what the steps raise.
    """
    with progress.shown(console, OF_RELEASE) as show:
        return steps(settings, console, show, note, reason)


def steps(settings: Settings, console: Console, show: progress.Show, note: str, reason: str | None = None) -> str:
    """The same. show: is told each step as it is begun, and that all are taken."""
    # Before anything is frozen: a setting that is wrong would stop the site's step, and a release cannot be taken back.
    if not network.of(settings).has_contact:
        console.print(network.NO_CONTACT, markup=False, highlight=False, soft_wrap=True)

    def freezes(what: str, decided: float | None = None) -> None:
        show(Look(0, f"{FREEZE}: {what}", decided))

    with release.alone(settings):
        show(Look(0, FREEZE))
        if not release.unfinished(settings):
            # Before it waits for a build.
            release.refuse_without(note)
        # A build that is under way may publish the one that was interrupted, or give it up.
        with build.alone(lambda: show(Look(0, WAITS))):
            if given_up := release.give_up_if_taken_back(settings):
                console.print(f"{given_up} A new one is made of what is there now.", highlight=False, soft_wrap=True)
            release_id = release.unfinished(settings)
            if release_id:
                show(Look(0, FREEZE, 1.0))
                console.print(
                    f"The release {release_id} was interrupted and is finished now, with the note that it has; for another one "
                    "run this again.",
                    highlight=False,
                    soft_wrap=True,
                )
            else:
                release_id = release.make(settings, note, reason, freezes)
        for number, (step, take) in enumerate(STEPS.items(), start=1):
            show(Look(number, step))
            if not release.is_taken(settings, release_id, step):
                seen = take(settings, release_id, lambda what, number=number: show(Look(number, what)))
                console.print(f"{step}: {seen}", markup=False, highlight=False, soft_wrap=True)
                release.take_note(settings, release_id, step)
        release.take_note(settings, release_id, release.FINISHED)
        show(Look(len(STEPS) + 1, ""))
    return release_id
