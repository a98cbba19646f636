"""What mypy must know of WTForms' forms."""

from wtforms import BaseForm as BaseForm
from wtforms import Form as Form
