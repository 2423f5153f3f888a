"""Bring Superset to what this folder says: its own database, the administrator, the assets, the role of those who read.

    python provision.py            # may be run at any time and as often as one likes; the result is the same

What somebody made in the browser stays. What is in `assets` is written over: a change there is made in the files.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from flask_migrate import upgrade
from superset.app import create_app
from superset_config import secret

ASSETS = Path(__file__).parent / "assets"
ADMINISTRATOR = "admin"
# Who only reads gets this role beside Superset's own Gamma: Gamma says what one may do, this one which data.
READER = "Outcomes reader"


def contents() -> dict[str, str]:
    """Each file of the assets, by its path as Superset's own export has it."""
    return {str(path.relative_to(ASSETS)): path.read_text(encoding="utf-8") for path in sorted(ASSETS.rglob("*.yaml"))}


def administrator(manager):
    """The one user whom nobody has to invite, made once: a password that was changed in the browser stays."""
    user = manager.find_user(ADMINISTRATOR) or manager.add_user(
        ADMINISTRATOR, "Outcomes", "Administrator", "admin@localhost", manager.find_role("Admin"), secret("superset_admin_password")
    )
    if not user:
        raise RuntimeError("The administrator could not be added to Superset's own database. Its log says why.")
    return user


def readers(manager, datasets) -> None:
    """The role that opens these datasets and no other, not even one that somebody made in the browser."""
    role = manager.add_role(READER)
    role.permissions = [manager.add_permission_view_menu("datasource_access", dataset.perm) for dataset in datasets]


def main() -> None:
    app = create_app()
    with app.app_context():
        upgrade(directory=str(Path(app.root_path) / "migrations"))

        # Both know their tables only now that they are there.
        from superset import appbuilder, db, security_manager
        from superset.commands.importers.v1.assets import ImportAssetsCommand
        from superset.connectors.sqla.models import SqlaTable
        from superset.utils.core import override_user

        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        with override_user(administrator(security_manager)):
            ImportAssetsCommand(contents()).run()
        ours = [yaml.safe_load(text)["uuid"] for path, text in contents().items() if path.startswith("datasets/")]
        readers(security_manager, db.session.query(SqlaTable).filter(SqlaTable.uuid.in_(ours)).all())
        db.session.commit()
    print(f"Superset is as {ASSETS} says.")


if __name__ == "__main__":
    main()
