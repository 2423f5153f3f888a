"""What each command takes: python -m vrn COMMAND, behind the Makefile."""

from __future__ import annotations

import argparse

SERVICES = (
    "secrets",
    "migrate",
    "api-server",
    "scheduler",
    "dag-processor",
    "triggerer",
    "worker",
    "site",
    "partner-pages",
    "demo",
)

DECISIONS = {
    "refuse": "refuse a delivery that is under way or held",
    "approve": "let a held delivery serve",
    "withdraw": "take a delivery back: its rows and its original are deleted, the earlier one serves again",
    "replay": "take deliveries in anew, from their originals and under today's feed file",
}


def parser() -> argparse.ArgumentParser:
    """The commands with their arguments; `command` says which was chosen."""
    read = argparse.ArgumentParser(prog="vrn", description="The outcomes warehouse.")
    commands = read.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="the main job: start everything, take in what waits, show the indicators")
    commands.add_parser("up", help="start the services")
    commands.add_parser("down", help="stop the services")
    commands.add_parser("clean", help="stop the services, and delete the home of this working copy with all its data")
    commands.add_parser("status", help="say in one screen how the home is")
    env = commands.add_parser("env", help="print the environment that opens the warehouse")
    env.add_argument("--role", default="vrn_owner")
    psql = commands.add_parser("psql", help="open the warehouse in psql")
    psql.add_argument("--role", default="vrn_owner")
    deploy = commands.add_parser("deploy", help="be one service of a deployment (docker-compose.yaml)")
    deploy.add_argument("service", choices=SERVICES)
    commands.add_parser("synthetic", help="write every synthetic delivery into the inbox, unless something ever came")
    commands.add_parser("headline", help="print the headline indicators")
    commands.add_parser("check", help="check every feed file and register")
    drafted = commands.add_parser("agreement", help="print a draft of an entry for agreements.yaml")
    drafted.add_argument("--feed", required=True)
    drafted.add_argument("--supplier", required=True)
    commands.add_parser("templates", help="write the templates of returns that people fill in")
    commands.add_parser("build", help="build the outcomes from what is there")
    for verb, meaning in DECISIONS.items():
        decision = commands.add_parser(verb, help=meaning)
        decision.add_argument("--submission", help="the number of a delivery in ops.submission")
        decision.add_argument("--reason", help="why; the ledger keeps it, so no person's value belongs into it")
        if verb == "replay":
            decision.add_argument("--feed", help="all deliveries of a feed, instead of one by its number")
            decision.add_argument("--from", dest="first", help="of the feed, from the period that begins in this month (2019-04)")
            decision.add_argument("--until", dest="last", help="… to the period that begins in this month")
    project = commands.add_parser("project", help="open evaluation projects and make their tables, close those that ended")
    project.add_argument("name", nargs="?", help="one project of the register; all without it")
    rotate = commands.add_parser("rotate-key", help="another key or password in the place of one that is lost or became known")
    rotate.add_argument("key")
    commands.add_parser("docs", help="generate the dbt docs and a page for each indicator")
    commands.add_parser("readers", help="bring the database of readers to what publish holds")
    commands.add_parser("site", help="make the pages of the latest release anew")
    commands.add_parser("partner-pages", help="make the pages of partners anew: own figures, deliveries and what was set aside")
    release = commands.add_parser(
        "release", help="publish what was built: freeze it, hide what could identify, export, make the site"
    )
    release.add_argument("note", help="what it is for")
    release.add_argument("--reason", help="why, where it changes so much that it needs one; the release keeps it")
    commands.add_parser("release-preview", help="say what a release would change against the last one, and keep nothing")
    return read
