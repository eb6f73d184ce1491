"""The entity data model of the service: one for all tenants, read once from the declarations."""

from functools import cache

from concertmaster.entities import ALL
from concertmaster.odata.model import Model

NAMESPACE = "UiPath.Server.Configuration.OData"


@cache
def model() -> Model:
    return Model.of(ALL, namespace=NAMESPACE, suffix="Dto")
