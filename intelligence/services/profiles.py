"""Fit the shop and keep the profiles of its customers; churn risk is copied to the customers, and so into the smart score.

Lock order: the run, customers by id, tickets by id. A profile is computed while its customer is locked, so it can never
overwrite a profile that was computed from newer orders.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from agents.common.transactions import atomic
from intelligence.lifetime.backtest import backtest, learned_until
from intelligence.lifetime.fit import fit, usual_wait
from intelligence.lifetime.order_history import History
from intelligence.lifetime.spend import fit_spend, spending
from intelligence.models import CustomerProfile, ShopModel, StaleProfile
from intelligence.profiles.customer_figures import Profile, churn_risk, profile
from intelligence.profiles.shop_figures import grid
from intelligence.services.order_histories import histories, sampled_histories
from intelligence.services.shop_rows import shop_of
from tickets.models import Customer, Order
from tickets.services import retrying, set_churn_risk
from tickets.services.bulk_insert import insert

SAMPLE = 50_000  # buyers used in a fit; with more, parameters change by less than their error
BATCH = 500
SERVICE_RISK = timedelta(hours=24)  # how long a service's churn risk replaces the computed one
_KEPT = {"customer", "service_risk", "service_risk_at"}  # fields that a new profile does not overwrite
GROWN, GROWN_ORDERS = 0.1, 50
SILENT_DAYS, SILENT_BUYERS = 60, 50
Tell = Callable[[str], object]
Progress = Callable[[int], object]


def model_in_force() -> ShopModel | None:
    return ShopModel.objects.order_by("-pk").first()


def fit_shop(tell: Tell = str) -> ShopModel:
    """Fit the shop as of today and activate the model. `tell` receives progress messages.

    Nothing is written before the end: an interrupted fit leaves the active model unchanged.
    """
    today = timezone.now().date()
    tell("Reading orders")
    sample, buyers = sampled_histories(SAMPLE)
    known = [one for one in (h.until(today.toordinal()) for h in sample.values()) if one is not None]
    ended = _ended(known, today)
    day = (ended or today).toordinal()
    horizon = usual_wait(known)
    tell(f"Fitting {len(known):,} histories")
    fitted = fit(known, day)
    spend = fit_spend(spending(known))
    tell("Backtesting")
    tested = backtest(known, day, horizon)
    recency = learned_until(known, day, horizon) if tested.uses_recency else None
    parameters, purchases = fitted.parameters, sum(one.purchases for one in known)
    model = ShopModel(
        observed_until=ended,
        horizon_days=horizon,
        k=parameters.k,
        r=parameters.r,
        alpha=parameters.alpha,
        a=parameters.a,
        b=parameters.b,
        log_likelihood=fitted.log_likelihood,
        spend_p=spend.p if spend else None,
        spend_q=spend.q if spend else None,
        spend_gamma=spend.gamma if spend else None,
        discount_share=sum(sum(one.discounted) for one in known) / purchases if purchases else 0.0,
        customers=buyers,
        repeat_customers=sum(one.repeats > 0 for one in known),
        orders=count_orders(),
        sampled_customers=len(known),
        base_rate=tested.base_rate,
        backtest=tested.as_json(),
        uses_recency=recency is not None,
        recency={"upto": recency.upto, "share": recency.share} if recency else None,
        spend_grid=grid([one.spent for one in known]),
    )
    _fill_churn_grid(model, known, day)
    before = model_in_force()
    model.members = before.members if before else {}  # updated when customers are counted again
    model.save()
    return model


def _fill_churn_grid(model: ShopModel, known: list[History], day: int) -> None:
    shop = shop_of(model)
    model.churn_grid = grid([churn_risk(one, shop, max(day, one.days[-1])) for one in known])


def _ended(known: list[History], today: date) -> date | None:
    """The day of the newest order, if a shop with many buyers has had none for long: its record ends there.

    Then the silence means a feed that stopped, and says nothing about customers; in a small shop it may be real.
    """
    if len(known) < SILENT_BUYERS:
        return None
    newest = date.fromordinal(max(one.days[-1] for one in known))
    return newest if today - newest > timedelta(days=SILENT_DAYS) else None


def count_orders() -> int:
    return Order.objects.exclude(status=Order.Status.CANCELLED).count()


def has_grown() -> bool:
    """Whether enough orders came since the last fit: a tenth more and at least 50, or twice as many in a small shop."""
    model, orders = model_in_force(), count_orders()
    if model is None:
        return orders > 0
    return orders - model.orders >= max(GROWN * model.orders, min(GROWN_ORDERS, max(model.orders, 1)))


def profile_customers(ids: Sequence[UUID] | None = None, progress: Progress | None = None) -> int:
    """Profile these customers, or all, with the active model; returns the number of customers examined.

    A run over all stores its position in the model's row: stopped, it continues there; finished, it does nothing until the next
    fit or `start_over`. It ends early if a newer model was activated.
    """
    model = model_in_force()
    if model is None:
        return 0
    done = 0
    if ids is not None:
        for start in range(0, len(ids), BATCH):
            part = ids[start : start + BATCH]
            done += retrying(partial(_profile, part, model))
            if progress:
                progress(len(part))
        return done
    while count := retrying(partial(_next_batch, model.pk)):
        done += count
        if progress:
            progress(count)
    return done


def start_over(model: ShopModel) -> None:
    """Profile all customers again: risks grow with each day of silence."""
    ShopModel.objects.filter(pk=model.pk).update(profiled_up_to=None, profiled_at=None)


@atomic
def _next_batch(version: int) -> int:
    model = ShopModel.objects.select_for_update(no_key=True).get(pk=version)
    if model.profiled_at is not None or ShopModel.objects.filter(pk__gt=version).exists():
        return 0
    customers = Customer.objects.order_by("id")
    if model.profiled_up_to is not None:
        customers = customers.filter(pk__gt=model.profiled_up_to)
    ids = list(customers.values_list("pk", flat=True)[:BATCH])
    with connection.cursor() as cursor:
        # Profiles and progress share a transaction: a crash costs one batch, a flush to disk would slow each batch.
        cursor.execute("SET LOCAL synchronous_commit = off")
    if ids:
        _profile(ids, model)
        model.profiled_up_to = ids[-1]
    else:
        model.profiled_at = timezone.now()
        model.members = _members()
    model.save(update_fields=["profiled_up_to", "profiled_at", "members"])
    return len(ids)


def _members() -> dict[str, int]:
    counted = CustomerProfile.objects.order_by().values_list("archetype_id").annotate(count=Count("pk"))
    return dict(counted)


@atomic
def _profile(ids: Sequence[UUID], model: ShopModel) -> int:
    """Create or delete the profiles of these customers, and store their churn risk for the score."""
    held = Customer.objects.filter(pk__in=ids).order_by("id").select_for_update(no_key=True)
    customers = list(held.values_list("pk", flat=True))
    found, shop, now = histories(customers), shop_of(model), timezone.now()
    made = {key: profile(found.get(key), shop, now.date()) for key in customers}
    rows = [_row(key, one, model) for key, one in made.items() if one is not None]
    CustomerProfile.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["customer"],
        update_fields=[f.name for f in CustomerProfile._meta.concrete_fields if f.name not in _KEPT],
    )
    CustomerProfile.objects.filter(pk__in=[key for key, one in made.items() if one is None]).delete()
    StaleProfile.objects.filter(customer_id__in=customers).delete()
    told = CustomerProfile.objects.filter(customer_id__in=customers, service_risk_at__gt=now - SERVICE_RISK)
    services = dict(told.values_list("customer_id", "service_risk"))
    set_churn_risk({key: services.get(key, one.churn_risk) if one else None for key, one in made.items()})
    return len(customers)


@atomic
def take_service_risk(customer_id: UUID, risk: float | None) -> None:
    """Use a service's risk for the score while its answer may replace a fresh one, as the page shows it.

    Without a service's risk it is the embedded one again. Customers without orders have none.
    """
    list(Customer.objects.filter(pk=customer_id).select_for_update(no_key=True).values_list("pk"))
    profile = CustomerProfile.objects.filter(customer_id=customer_id).first()
    if profile is None or _goes_by(profile, risk):
        return
    profile.service_risk, profile.service_risk_at = risk, timezone.now() if risk is not None else None
    profile.save(update_fields=["service_risk", "service_risk_at"])
    set_churn_risk({customer_id: profile.churn_risk if risk is None else risk})


def has_service_risk(customer_id: UUID, risk: float | None) -> bool:
    """Whether `take_service_risk` would change nothing."""
    profile = CustomerProfile.objects.filter(customer_id=customer_id).first()
    return profile is None or _goes_by(profile, risk)


def _goes_by(profile: CustomerProfile, risk: float | None) -> bool:
    return profile.service_risk == risk and (risk is None or _is_young(profile))


def _is_young(profile: CustomerProfile) -> bool:
    """Whether the stored risk is recent enough not to be written again."""
    told = profile.service_risk_at
    return told is not None and timezone.now() - told < SERVICE_RISK / 2


def _row(key: UUID, one: Profile, model: ShopModel) -> CustomerProfile:
    return CustomerProfile(
        customer_id=key,
        archetype_id=one.archetype_id,
        segments=one.segments,
        memberships=one.memberships,
        churn_risk=one.churn_risk,
        churn_percentile=one.churn_percentile,
        predicted_ltv_12mo=one.predicted_ltv_12mo,
        revenue_at_risk=one.revenue_at_risk,
        model=model,
    )


def refresh_stale(progress: Progress | None = None) -> int:
    """Profile all customers whose facts changed; fits the shop first if it never was. Returns the number of customers."""
    done = 0
    while ids := list(
        StaleProfile.objects.order_by("customer_id").values_list("customer_id", flat=True).distinct()[:BATCH]
    ):
        if model_in_force() is None:
            if count_orders() == 0:
                StaleProfile.objects.filter(customer_id__in=ids).delete()
                continue
            fit_shop()
        done += profile_customers(ids, progress)
    return done


def mark_stale(customer_ids: Sequence[UUID]) -> None:
    """Mark profiles as stale in the change's own transaction, so that a crash after its commit cannot lose the mark."""
    insert(StaleProfile, [StaleProfile(customer_id=key) for key in customer_ids])
