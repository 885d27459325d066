"""Convert the fitted shop between its row and its value type."""

from intelligence.lifetime.model import Parameters
from intelligence.lifetime.recency import Recency
from intelligence.lifetime.spend import Spend
from intelligence.models import ShopModel
from intelligence.profiles.shop_figures import Shop
from intelligence.providers.embedded import EmbeddedProvider


def shop_in_force() -> Shop:
    """The last fit; published averages if there is none. One query."""
    model = ShopModel.objects.order_by("-pk").first()
    return shop_of(model) if model is not None else Shop()


def embedded() -> EmbeddedProvider:
    """The embedded provider with the shop as last fitted."""
    return EmbeddedProvider(shop_in_force())


def shop_of(model: ShopModel) -> Shop:
    spend = None
    if model.spend_p is not None and model.spend_q is not None and model.spend_gamma is not None:
        spend = Spend(model.spend_p, model.spend_q, model.spend_gamma)
    recency = None
    if model.uses_recency and model.recency:
        recency = Recency(tuple(model.recency["upto"]), tuple(model.recency["share"]))
    return Shop(
        version=model.version,
        parameters=Parameters(model.r, model.alpha, model.a, model.b, model.k),
        spend=spend,
        horizon_days=model.horizon_days,
        discount_share=model.discount_share,
        spend_grid=tuple(model.spend_grid),
        churn_grid=tuple(model.churn_grid),
        recency=recency,
        base_rate=model.base_rate,
        members=model.members,
        customers=model.customers,
        orders=model.orders,
        fitted_on=model.fitted_at.date(),
        observed_until=model.observed_until,
        judged=_judged(model),
    )


def _judged(model: ShopModel) -> str:
    test = model.backtest
    if not test.get("judged"):
        return "The shop's record is too short to test forecasts against."
    return (
        f"Tested on {test['customers']:,} customers of this shop: AUC {test['auc']:.3f}, Brier {test['brier']:.3f} "
        f"({test['brier_of_base_rate']:.3f} without a model)."
    )
