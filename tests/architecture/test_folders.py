"""Every folder says in its `folder.py` what it brings, and brings all of it."""

from __future__ import annotations

import importlib
import re
from types import ModuleType

import sqlalchemy as sa
from flask import Blueprint, Flask

from service_portal.access.actor import PEOPLE_ROLES
from service_portal.app import FOLDERS
from service_portal.folders import Folder
from service_portal.kernel.db import db
from tests.architecture.source import ROOT, name_of, ours, product, texts
from tests.architecture.walls import floors, folder_of, owners

# What stands on top of the folders or below them brings nothing by itself.
APART = {"api", "replaying", "demo", "folders", "access", "kernel", "launcher"}
# Endpoints that no folder of ours declares.
LIBRARY = {"security"}


def modules_of(folder: Folder) -> list[ModuleType]:
    """Import every module of a folder."""
    return [
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for path in ours(".py", below=f"service_portal/{folder.name}")
        if path.stem not in {"__init__", "folder", "snapshot", "arrival"}
    ]


def pages_of(folder: Folder) -> set[str]:
    """Name the pages that a folder brings."""
    return {pages.name for pages in folder.pages}


def test_every_folder_has_a_declaration() -> None:
    root = ROOT / "service_portal"
    folders = {path.name for path in root.iterdir() if (path / "__init__.py").exists()}
    declared = {path.parent.name for path in (ROOT / "service_portal").glob("*/folder.py")}
    assert declared == {folder.name for folder in FOLDERS} == folders - APART


def test_the_declarations_stand_in_the_order_of_the_floors() -> None:
    heights = [floors()[folder.name] for folder in FOLDERS]
    assert heights == sorted(heights, reverse=True)


def test_a_folder_brings_all_its_pages() -> None:
    for folder in FOLDERS:
        found = {
            id(value)
            for module in modules_of(folder)
            for value in vars(module).values()
            if isinstance(value, Blueprint)
        }
        assert found <= {id(pages) for pages in folder.pages}, folder.name


def test_a_folder_brings_all_its_tables(app: Flask) -> None:
    assert set(owners().values()) == {folder.name for folder in FOLDERS if folder.tables}
    for folder in FOLDERS:
        if folder.tables is not None:
            assert folder.tables.__name__ == f"service_portal.{folder.name}.models"


def test_a_folder_lets_only_its_own_tables_be_noted(app: Flask) -> None:
    for folder in FOLDERS:
        assert {owners()[table] for table in folder.noted} <= {folder.name}


def test_a_folder_names_only_its_own_pages(app: Flask) -> None:
    for folder in FOLDERS:
        named = {
            *(entry.endpoint for entry in folder.menu),
            *folder.homes.values(),
            *folder.shows.values(),
        }
        assert named <= set(app.view_functions), folder.name
        assert {name.partition(".")[0] for name in named} <= pages_of(folder), folder.name


def test_every_role_has_a_home() -> None:
    roles = [role for folder in FOLDERS for role in folder.homes]
    assert sorted(roles) == sorted(PEOPLE_ROLES)


def test_places_in_the_menu_and_on_the_status_page_are_taken_once() -> None:
    for places in (
        [entry.place for folder in FOLDERS for entry in folder.menu],
        [health.place for folder in FOLDERS for health in folder.health],
    ):
        assert len(places) == len(set(places))


def test_the_facts_of_health_have_names_of_their_own(app: Flask, db_session: None) -> None:
    names: list[str] = []
    for folder in FOLDERS:
        for health in folder.health:
            values = {"now": None} if ":now" in health.facts else {}
            names += db.session.execute(sa.text(health.facts), values).keys()
    assert len(names) == len(set(names))


def test_a_folder_sends_only_mails_of_its_own_tables(app: Flask) -> None:
    for folder in FOLDERS:
        assert {owners()[mails.table] for mails in folder.mails} <= {folder.name}


def test_no_folder_names_a_page_of_a_higher_one(app: Flask) -> None:
    height = {
        pages: floors()[folder.name] for folder in FOLDERS for pages in pages_of(folder)
    } | dict.fromkeys(LIBRARY, 0)
    upward = [
        f"{name_of(path)} names {text}"
        for path in product()
        if folder_of(path) in floors()
        for text in texts(path)
        if re.fullmatch(r"[a-z_]+\.[a-z_]+", text)
        and text in app.view_functions
        and height.get(text.partition(".")[0], 0) > floors()[folder_of(path)]
    ]
    assert not upward
