"""An administrator keeps the catalogue: questions, promises, keywords, new services and categories;
what is wrong is said and nothing typed is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service_portal.access.actor import Role
from service_portal.catalogue import queries, services
from service_portal.catalogue.editing import draft_of
from service_portal.catalogue.models import Category, Service, ServiceVersion
from service_portal.catalogue.search import search
from service_portal.kernel.db import db
from tests.factories.tickets import create_ticket
from tests.signing_in import SignedIn, SignIn
from tests.web.markup import flat


@pytest.fixture
def admin(client_as: SignIn) -> Iterator[SignedIn]:
    """An administrator's browser; the catalogue is read anew."""
    queries.forget_services()
    yield client_as(Role.ADMINISTRATOR)
    queries.forget_services()


def page_of(code: str) -> dict[str, Any]:
    """Give what the editor's page would send unchanged."""
    service = queries.get_service(code)
    assert service is not None
    draft = draft_of(services.raw_definition(service.version_id))
    return {
        **draft.texts,
        "amount_row": draft.amount_row,
        "note": "",
        **{f"q{n}_{name}": text for n, row in enumerate(draft.rows) for name, text in row.items()},
    }


def shown(answer: TestResponse) -> dict[str, str]:
    """Read the inputs of an editor's page."""
    return dict(
        re.findall(
            r'<input class="form-control"[^>]* name="([^"]+)"[^>]* value="([^"]*)"',
            flat(answer.text),
        )
    )


def test_the_page_sent_back_unchanged_changes_nothing(admin: FlaskClient) -> None:
    for code in ("FIN-01", "POL-01", "TAL-04"):
        answer = admin.post(f"/admin/services/{code}", data=page_of(code), follow_redirects=True)
        assert answer.status_code == 200 and "Nothing has changed." in answer.text
    assert db.session.scalar(sa.select(sa.func.max(ServiceVersion.version))) == 1


def test_keywords_basis_and_amount_can_be_changed(admin: FlaskClient) -> None:
    before = create_ticket("POL-03")
    changed = {
        **page_of("POL-03"),
        "keywords_zh": "以旧换新，补贴",
        "keywords_en": "scrapping; trade-in",
        "count_basis": "contact",
        "amount_row": "",
        "note": "clearer",
    }
    assert admin.post("/admin/services/POL-03", data=changed).status_code == 302
    service = queries.get_service("POL-03")
    assert service is not None and service.version == 2
    said = service.definition
    assert (said.keywords_zh, said.keywords_en, said.count_basis, said.amount_field) == (
        ("以旧换新", "补贴"),
        ("scrapping", "trade-in"),
        "contact",
        None,
    )
    assert (
        search([one.definition for one in queries.active_services()], "以旧换新")[0].definition.code
        == "POL-03"
    )
    assert queries.definition(before.service_version_id).count_basis == "case", (
        "the ticket keeps the definition it was filed with"
    )


def test_a_question_is_added_moved_and_taken_out(admin: FlaskClient) -> None:
    page = page_of("POL-03")
    more = admin.post(
        "/admin/services/POL-03", data={**page, "act": "add", "summary_en": "Not yet published"}
    )
    assert (
        more.status_code == 200
        and "Not yet published" in more.text
        and more.text.count('class="question"') == len(page_rows(page)) + 3
    )
    new = {
        "key": "branch",
        "type": "choice",
        "label_zh": "行业",
        "label_en": "Branch",
        "choices": "metal | 金属 | Metal\nfood ｜ 食品 ｜ Food",
        "required": "1",
        "place": "0",
        "min": "",
        "max": "",
        "help_zh": "",
        "help_en": "",
    }
    sent = {
        **page,
        **{f"q{len(page_rows(page))}_{name}": text for name, text in new.items()},
        "q0_remove": "1",
    }
    assert admin.post("/admin/services/POL-03", data=sent).status_code == 302
    service = queries.get_service("POL-03")
    assert service is not None
    first = service.definition.fields[0]
    assert (
        first.key,
        first.type,
        [choice.value for choice in first.choices],
        first.choices[1].words.zh,
    ) == ("branch", "choice", ["metal", "food"], "食品")
    assert [field.key for field in service.definition.fields[1:]] == page_rows(page)[1:]


def page_rows(page: dict[str, Any]) -> list[str]:
    """List the keys of a page's questions."""
    return [page[f"q{n}_key"] for n in range(40) if f"q{n}_key" in page]


@pytest.mark.parametrize(("locale", "said"), [("en", "Question 1"), ("zh", "第 1 个问题")])
def test_what_is_wrong_is_said_in_the_readers_language_and_kept(
    client_as: SignIn, locale: str, said: str
) -> None:
    client = client_as(Role.ADMINISTRATOR, locale=locale)
    wrong = {
        **page_of("POL-03"),
        "q0_label_en": "",
        "q0_key": "two words",
        "effort_points": "-5",
        "accept_amount": "soon",
        "count_basis": "smile",
    }
    answer = client.post("/admin/services/POL-03", data=wrong)
    assert answer.status_code == 422 and said in answer.text
    assert len(re.findall("<li>", answer.text.split('role="alert"')[1].split("</ul>")[0])) == 5
    assert shown(answer)["q0_key"] == "two words" and shown(answer)["accept_amount"] == "soon"
    assert db.session.scalar(sa.select(sa.func.max(ServiceVersion.version))) == 1
    if locale == "zh":
        problems = re.findall(
            r"<li>(.*?)</li>", answer.text.split('role="alert"')[1].split("</ul>")[0]
        )
        assert all(re.search(r"[\u4e00-\u9fff]", problem) for problem in problems)


def test_a_service_is_added_found_and_asked_for(admin: FlaskClient) -> None:
    page = {
        **page_of("POL-03"),
        "category": "POL",
        "code": "pol-77",
        "name_zh": "零碳园区咨询",
        "name_en": "Zero-carbon park advice",
        "keywords_zh": "零碳",
    }
    assert admin.post("/admin/services/new", data={**page, "code": "FIN-77"}).status_code == 422
    assert admin.post("/admin/services/new", data={**page, "code": "POL-01"}).status_code == 422
    assert admin.post("/admin/services/new", data={**page, "category": "NIL"}).status_code == 422
    assert admin.get("/admin/services/new").status_code == 200
    answer = admin.post("/admin/services/new", data=page, follow_redirects=True)
    assert answer.status_code == 200 and "Zero-carbon park advice" in answer.text
    assert "Zero-carbon park advice" in admin.get("/services?q=零碳").text
    assert create_ticket("POL-77").category_code == "POL"
    positions = {
        row.code: row.position
        for row in db.session.execute(
            sa.select(Service.code, Service.position).where(Service.category_code == "POL")
        )
    }
    assert max(positions, key=lambda code: positions[code]) == "POL-77"


def test_a_category_is_added_and_renamed(admin: FlaskClient) -> None:
    values = {
        "code": "AGR",
        "name_zh": "农业服务",
        "name_en": "Farming",
        "icon": "leaf",
        "position": "5",
    }
    assert admin.post("/admin/categories/new", data=values).status_code == 302
    assert admin.post("/admin/categories/new", data=values).status_code == 422
    for bad in (
        {"code": "agr"},
        {"code": "X"},
        {"name_zh": ""},
        {"position": "soon"},
        {"icon": "skull"},
    ):
        assert (
            admin.post("/admin/categories/new", data={**values, "code": "NEW", **bad}).status_code
            == 422
        ), bad
    assert (
        admin.post(
            "/admin/categories/AGR", data={**values, "code": "XXX", "name_en": "Agriculture"}
        ).status_code
        == 302
    )
    category = db.session.get(Category, "AGR", populate_existing=True)
    assert category is not None and (category.name_en, category.position) == ("Agriculture", 5)
    assert db.session.get(Category, "XXX") is None
    assert "AGR · Agriculture" in admin.get("/admin/services").text
    assert admin.get("/admin/categories/NIL").status_code == 404
    assert (
        admin.post(
            "/admin/services/new", data={**page_of("POL-03"), "category": "AGR", "code": "AGR-01"}
        ).status_code
        == 302
    )


def test_what_somebody_has_edited_is_not_shipped_over(admin: FlaskClient) -> None:
    from tests.factories.tickets import TUESDAY

    assert (
        admin.post(
            "/admin/services/POL-03", data={**page_of("POL-03"), "name_en": "Our own name"}
        ).status_code
        == 302
    )
    db.session.execute(
        sa.update(Category).where(Category.code == "POL").values(name_en="Our own category")
    )
    assert services.load_catalogue(now=TUESDAY) == 0
    service = queries.get_service("POL-03")
    assert service is not None and (service.name_en, service.version, service.category.name_en) == (
        "Our own name",
        2,
        "Our own category",
    )
