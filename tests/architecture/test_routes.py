"""Every route names a permission or says that it is public; the public ones are on a short list."""

from __future__ import annotations

from flask import Flask

from service_portal.access.permissions import Permission
from service_portal.access.policy import POLICY
from service_portal.accounts.library import SHUT_ROUTES
from service_portal.web.guards import permission_of

PUBLIC = {
    "accounts.front",
    "accounts.no_role",
    "accounts.choose_language",
    "accounts.enter_demo",
    "accounts.join",
    "factor.set_up_at_sign_in",
    "catalogue.browse",
    "catalogue.show_service",
    "status.healthz",
    "status.metrics",
    "api.openapi",
    "api.docs",
}
# Flask's own files, and Flask-Security's pages, which ask for a person by themselves where they
# need one.
OTHERS = {
    "static",
    "security.login",
    "security.logout",
    "security.verify",
    "security.forgot_password",
    "security.reset_password",
    "security.change_password",
    "security.two_factor_token_validation",
    "security.mf_recovery",
    *(f"security.{name}" for name in SHUT_ROUTES),
}


def test_every_route_names_a_permission(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        named, public = permission_of(view), getattr(view, "public", False)
        if rule.endpoint in OTHERS:
            continue
        assert isinstance(named, Permission) or public, (
            f"{rule.rule} ({rule.endpoint}) names no permission"
        )
        assert not (named and public), rule.endpoint


def test_the_public_list_is_complete_and_short(app: Flask) -> None:
    public = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "public", False)
    }
    assert public <= PUBLIC


def test_every_permission_is_held_by_somebody_and_every_held_one_exists() -> None:
    assert set(POLICY) == set(Permission)


def test_nothing_changes_by_reading(app: Flask) -> None:
    acts = {
        "accept",
        "refuse",
        "return",
        "start",
        "hold",
        "resume",
        "hand-over",
        "withdraw",
        "revoke",
        "end",
        "switch",
        "read",
        "enter",
        "discard",
        "reopen",
        "redo",
    }
    for rule in app.url_map.iter_rules():
        last = rule.rule.rsplit("/", 1)[-1]
        assert last not in acts or "GET" not in (rule.methods or ()), rule.rule
