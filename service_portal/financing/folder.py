"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.permissions import Permission as P
from service_portal.financing import (
    asking,
    ending,
    files,
    models,
    offered_views,
    pages,
    product_views,
    products,
    views,
)
from service_portal.folders import Folder, MenuEntry

# Its pages stand on the one blueprint once they are imported.
VIEWS = (views, product_views, offered_views)

FOLDER = Folder(
    name="financing",
    tables=models,
    noted=("loan_product",),
    pages=(pages.blueprint,),
    menu=(
        MenuEntry(24, "financing.offered", _l("Bank products"), "building-bank", P.LOAN_ASK),
        MenuEntry(72, "financing.desk", _l("Loan requests"), "coin", P.LOAN_DESK, "g l"),
    ),
    names={"product": products.product_names},
    beside_form={"product_ids": "financing.ask_banks"},
    shows={"loan_offer_id": "financing.show_offer"},
    opens=(files.may_open,),
    joins=(
        asking.send_chosen,
        ending.end_all,
        ending.end_waiting,
        ending.answer_if_all_have,
    ),
)
