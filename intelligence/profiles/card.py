"""The texts of the model card: what each figure means and its limits (docs/intelligence.md)."""

FIGURES: dict[str, str] = {
    "churn_risk": "The probability, 0 to 1, that the customer places no order within the horizon, whether they have "
    "left for good or only wait.",
    "churn_horizon_days": "Nine of ten gaps between orders in this shop are not longer; within 60 to 365 days.",
    "churn_risk_level": "low below .3, medium below .5, high below .7, else critical; customers with one order are at most high.",
    "churn_percentile": "The share of this shop's customers with a lower risk, 0 to 100.",
    "churn_base_rate": "The share of this shop's customers that ordered nothing within the horizon, measured by the backtest.",
    "predicted_ltv_12mo": "Expected orders within 52 weeks × expected amount per order, in the shop's currency, not discounted.",
    "revenue_at_risk": "Churn risk × the 12-month value of the customer if they stay.",
    "archetype": "Value by spend percentile (whale from 95, premium from 80, mid_tier from 50, budget) × lifecycle: newcomer "
    "(one order, within the horizon), one_timer (one order, older), loyalist (more, risk low or medium), at_risk (high), "
    "lapsed (critical).",
    "purchase_frequency": "power_buyer from 5 orders, regular from 2, occasional with 1; orders of one day count as one.",
    "price_sensitivity": "The share of orders with a discount, drawn to the shop's by three orders' worth: deal_hunter from .6, "
    "full_price up to .2, else strategic; unknown below two orders, and in a shop without discounts.",
    "fuzzy_memberships": "How far the customer belongs to each segment: linear between the middles of neighbouring segments.",
    "auc": "The chance that a customer who stayed away had a higher risk than one who came back; .5 is chance.",
    "brier": "The mean squared error of the risk; 0 is perfect, lower is better.",
}

RECENCY_RULE = (
    "Days since the last order alone replace the model's churn risk where the backtest shows a Brier score lower by more than "
    "two standard errors and an AUC that is not lower, with shares learned before the period that judges them."
)

LIMITS: tuple[str, ...] = (
    "The model knows when somebody ordered, for how much, and nothing else: no messages, visits, seasons or prices.",
    "It ranks customers about as well as days since the last order do; its strength is that 70 % means 70 %.",
    "Expected orders are exact for shops whose orders come at random (k = 1), and an approximation for regular buyers.",
    "A customer with one order is mostly judged by what such customers of this shop do.",
    "A risk is no reason: it does not say why somebody may leave, and no effect of any action was measured.",
)
