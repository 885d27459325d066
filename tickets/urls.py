"""The records' addresses under /api/ (tickets themselves are registered above, with what intelligence adds)."""

from rest_framework.routers import SimpleRouter

from tickets.api.customers import CustomerViewSet
from tickets.api.orders import OrderViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("customers", CustomerViewSet, basename="customer")
router.register("orders", OrderViewSet, basename="order")
urlpatterns = router.urls
