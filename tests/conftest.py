"""What the tests share: a PostgreSQL of their own, warehouses in it that are made once, and the real files where present."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from dbt_common.behavior_flags import BehaviorFlagRendered

from tests import county as county_of
from tests import memory, properties, staged, warehouses
from tests.answers import Answers
from tests.builds import without_tests
from tests.inbox import Inbox
from tests.ports import free_port
from tests.reporting import pytest_configure  # noqa: F401  what a person sees of a run
from vrn.build import steps as build
from vrn.run import prepare, secrets
from vrn.run.local import postgres
from vrn.settings import REPOSITORY, Settings
from vrn.synthetic.places import Places
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

# Figures are expected up to a day that does not move, so that they are the same tomorrow, and five years of them fewer. The county,
# and homes that run as a user runs them, live on the day that their deliveries give them (end_to_end/homes.py).
os.environ["VRN_AS_OF"] = "2021-06-30"
# A file that a test writes is whole when it is closed: it need not rest.
os.environ["VRN_REST_SECONDS"] = "0"
REAL_FILES = Path(os.environ.get("VRN_REAL_DATA") or REPOSITORY.parent / "shared" / "data")
FEEDS = ("police_street_crime", "police_stop_search")

# The files that take longest, the longest first: a worker takes the next file when it is through with its last, so that both are
# busy to the end.
LONGEST_FIRST = (
    "end_to_end/test_demonstration.py",
    "end_to_end/test_deliveries.py",
    "end_to_end/test_county.py",
    # The worker of test_county makes the layers meanwhile, for which test_build_of_what_changed would wait.
    "unit/test_decisions.py",
    "unit/test_build_of_what_changed.py",
    "unit/test_outcomes.py",
    "unit/test_left_out.py",
    "unit/test_build_that_was_begun.py",
    "end_to_end/test_no_identifier_anywhere.py",
    "unit/test_frozen.py",
    "unit/test_release_resumed.py",
    "unit/test_persons.py",
    "end_to_end/test_thirteenth_partner.py",
    "unit/test_populations.py",
    "unit/test_dbt.py",
    "bi/test_superset.py",
    "unit/test_disclosure_related.py",
    "unit/test_access.py",
    "unit/test_reference_places.py",
    "unit/test_disclosure.py",
    "unit/test_reading.py",
    "unit/test_ledger.py",
    "unit/test_withheld_figures.py",
    "unit/test_replace_months.py",
    "unit/test_real_months.py",
    "unit/test_demo.py",
    "unit/test_door.py",
    "unit/test_states.py",
    "unit/test_ingest.py",
    "unit/test_exports.py",
    "unit/test_site.py",
    # It needs the county, which another worker is through with by then.
    "end_to_end/test_county_disclosure.py",
)


def pytest_collection_modifyitems(config, items: list[pytest.Item]) -> None:
    """The suite leaves out what is marked nightly; the nightly run is that, and every property with more examples."""
    is_nightly = properties.PROFILE == properties.NIGHTLY
    chosen = [one for one in items if (_is_of_the_night(one) if is_nightly else one.get_closest_marker("nightly") is None)]
    if left_out := [one for one in items if one not in chosen]:
        config.hook.pytest_deselected(items=left_out)
    folder_ = Path(__file__).parent
    if config.pluginmanager.hasplugin("randomly"):
        items[:] = chosen
        return
    rank = {str(folder_ / name): number for number, name in enumerate(LONGEST_FIRST)}
    items[:] = sorted(chosen, key=lambda one: rank.get(str(one.path), len(rank)))


def _is_of_the_night(item: pytest.Item) -> bool:
    is_marked = any(item.get_closest_marker(name) for name in ("nightly", "worlds"))
    return is_marked or hasattr(getattr(item, "obj", None), "hypothesis")


@pytest.fixture(scope="module", autouse=True)
def _environment_stays() -> Iterator[None]:
    """What says which home and which warehouse is the same after a file of tests as before it, because the next reads it."""
    before = _of_a_home()
    yield
    assert _of_a_home() == before


def _of_a_home() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(("VRN_", "PG", "DBT_"))}


@pytest.fixture(scope="session")
def _flags_without_a_source() -> Iterator[None]:
    """dbt asks of each flag of its adapter which module gave it, by a look through the whole stack and all modules, though it
    never says so here; and each command of a process adds a flag to those before. After sixty commands that was most of a command.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BehaviorFlagRendered, "_default_source", staticmethod(lambda: "dbt"))
        yield


@pytest.fixture(scope="session")
def server(_flags_without_a_source, tmp_path_factory) -> Iterator[Settings]:
    """A PostgreSQL 18 of the tests' own, with a prepared and empty warehouse in it that no test writes to."""
    with memory.folder() as home:
        settings = Settings(home=home, pg_port=free_port(), airflow_port=free_port())
        settings.logs.mkdir()
        secrets.ensure(settings)
        warehouses.same_keys(settings, warehouses.shared_folder(tmp_path_factory))
        postgres.start(settings, outlives_crash=False)
        try:
            with psycopg.connect(settings.conninfo("postgres", "postgres"), autocommit=True) as connection:
                warehouses.wait_for_no_disk(connection)
            prepare.prepare(settings)
            yield settings
        finally:
            postgres.stop(settings)


@pytest.fixture(scope="session")
def built_server(server: Settings, tmp_path_factory) -> Settings:
    """The server with a second warehouse, in which every layer was built before the first delivery."""
    with pytest.MonkeyPatch.context() as patch:
        warehouses.point_to(server, tmp_path_factory.mktemp("built"), "built", patch)
        warehouses.made_once(server, warehouses.shared_folder(tmp_path_factory), "built", "warehouse", build.everything)
    return server


@pytest.fixture(scope="session")
def county(built_server: Settings, places: Places, tmp_path_factory) -> Answers:
    """The made-up county: every synthetic delivery taken in and everything built, without Airflow. Nobody writes to it."""
    shared = warehouses.shared_folder(tmp_path_factory)
    with pytest.MonkeyPatch.context() as patch:
        settings = warehouses.point_to(built_server, shared / "county", "county", patch)
        patch.delenv("VRN_AS_OF")
        warehouses.made_once(built_server, shared, "county", "built", lambda: county_of.make(settings, places))
        # A restored database has its own list of who may connect.
        prepare.prepare(settings)
    # What the worker that made it wrote into the home, beside the secrets of this worker's server.
    own = tmp_path_factory.mktemp("county")
    for part in settings.home.iterdir():
        (own / part.name).symlink_to(part)
    (own / "secrets").symlink_to(built_server.secrets)
    return Answers(Settings(home=own, pg_port=built_server.pg_port, database="county"))


@pytest.fixture
def home(server: Settings, tmp_path: Path, monkeypatch, request) -> Iterator[Settings]:
    """A home with a warehouse of its own, copied from the prepared one, and the environment that points to it."""
    # A test that says so begins with every layer built.
    template = "built" if "built_server" in request.fixturenames else "warehouse"
    with warehouses.copy_of(server, tmp_path, monkeypatch, template, "of_a_test") as settings:
        yield settings


@pytest.fixture
def untested() -> Iterator[None]:
    """The builds of this test run no test of dbt's."""
    with without_tests():
        yield


@pytest.fixture(scope="session")
def ground(server: Settings, places: Places, tmp_path_factory) -> Iterator[staged.Ground]:
    """Takes deliveries as far as the gate in a warehouse that many tests share; nothing of them stays there."""
    yield from staged.ground(server, places, tmp_path_factory.mktemp("staged"))


@pytest.fixture
def loader(home: Settings) -> Iterator[psycopg.Connection]:
    with connect(home, autocommit=True) as connection:
        yield connection


@pytest.fixture
def owner(home: Settings) -> Iterator[psycopg.Connection]:
    with connect(home, OWNER, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def stats_db(built_server: Settings) -> Iterator[psycopg.Connection]:
    """A warehouse in which the statistics are built; rows come as tuples."""
    warehouses.make_database(built_server, "stats_db", "built")
    with psycopg.connect(built_server.conninfo(OWNER, "stats_db"), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def places() -> Places:
    return Places(REPOSITORY / "dbt_project" / "seeds")


@pytest.fixture
def inbox(home: Settings, loader: psycopg.Connection, places: Places) -> Inbox:
    return Inbox(home, loader, places)


@pytest.fixture
def feed_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of feed files of the test's own, to be changed."""
    folder = tmp_path / "feed files"
    shutil.copytree(REPOSITORY / "expectations", folder)
    monkeypatch.setenv("VRN_CONTRACTS", str(folder))
    return folder


def real(*parts: str) -> Path:
    """A real file, or a skip that says so."""
    path = REAL_FILES.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the real file {'/'.join(parts)} is not here")
    return path
