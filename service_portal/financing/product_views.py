"""The pages of products: an institution keeps its own, an administrator everybody's."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from service_portal.access.actor import INSTITUTION_ROLES
from service_portal.access.permissions import Permission
from service_portal.directory.models import Institution
from service_portal.facts.kinds import KINDS
from service_portal.financing.forms import ProductForm
from service_portal.financing.models import LoanProduct
from service_portal.financing.pages import blueprint
from service_portal.financing.products import loan_services, own_product, save_product
from service_portal.financing.words import ANSWERS_WITH_WORDS, GUARANTEE_WORDS
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.formatting import localized
from service_portal.web.guards import current_actor, requires

MOST = 500


@blueprint.get("/loan-products")
@requires(Permission.PRODUCT_EDIT)
def products() -> str:
    """List the products that the reader keeps, institution by institution."""
    actor = current_actor()
    query = (
        sa.select(LoanProduct, Institution)
        .join(Institution, Institution.id == LoanProduct.institution_id)
        .order_by(Institution.sort_key, Institution.id, LoanProduct.code)
        .limit(MOST + 1)
    )
    of_zone = actor.role not in INSTITUTION_ROLES
    if not of_zone:
        query = query.where(LoanProduct.institution_id == actor.institution_id)
    rows = db.session.execute(query).all()
    return render_template(
        "financing/products.html",
        rows=rows[:MOST],
        more=len(rows) > MOST,
        of_zone=of_zone,
        has_services=bool(loan_services()),
        today=now().astimezone(zone_time()).date(),
    )


@blueprint.route("/loan-products/new", methods=["GET", "POST"])
@requires(Permission.PRODUCT_EDIT)
def new_product() -> str | Response | tuple[str, int]:
    """Write a new product."""
    return _edit(None)


@blueprint.route("/loan-products/<int:product_id>", methods=["GET", "POST"])
@requires(Permission.PRODUCT_EDIT)
def edit_product(product_id: int) -> str | Response | tuple[str, int]:
    """Change a product; requests that were sent keep what they were answered."""
    return _edit(own_product(current_actor(), product_id))


def _edit(product: LoanProduct | None) -> str | Response | tuple[str, int]:
    actor = current_actor()
    form = ProductForm(data=_known(product)) if request.method == "GET" else ProductForm()
    mine = sa.select(Institution).order_by(Institution.sort_key, Institution.id)
    if actor.role in INSTITUTION_ROLES:
        mine = mine.where(Institution.id == actor.institution_id)
    form.institution_id.choices = [
        SelectChoice(one.id, localized(one)) for one in db.session.scalars(mine)
    ]
    form.service_code.choices = [SelectChoice(one.code, localized(one)) for one in loan_services()]
    form.answers_with.choices = [
        SelectChoice(code, str(word)) for code, word in ANSWERS_WITH_WORDS.items()
    ]
    form.guarantees.choices = [
        SelectChoice(code, str(word)) for code, word in GUARANTEE_WORDS.items()
    ]
    if form.validate_on_submit():
        try:
            with unit_of_work():
                save_product(
                    actor=actor,
                    product_id=product.id if product else None,
                    values=_values(form),
                )
            flash(_("Saved. The next request sees it."), "success")
            return redirect(url_for("financing.products"))
        except Refused as refused:
            if refused.field is None or refused.field not in form:
                raise
            db.session.rollback()
            form[refused.field].errors = [str(refused.message)]
    page = render_template(
        "financing/edit_product.html",
        form=form,
        product=product,
        figures=KINDS.values(),
    )
    return page, 422 if form.errors else 200


def _known(product: LoanProduct | None) -> dict[str, Any]:
    if product is None:
        return {"valid_from": now().astimezone(zone_time()).date()}
    return {
        **{column.name: getattr(product, column.name) for column in LoanProduct.__table__.columns},
        "least": product.least_fen,
        "most": product.most_fen,
    }


def _values(form: ProductForm) -> dict[str, Any]:
    said = {
        name: value
        for name, value in form.data.items()
        if name not in {"csrf_token", "least", "most"}
    }
    return {
        **said,
        "purpose_zh": said["purpose_zh"] or "",
        "purpose_en": said["purpose_en"] or "",
        "condition": " ".join((said["condition"] or "").split()),
        "least_fen": form.least.data,
        "most_fen": form.most.data,
    }
