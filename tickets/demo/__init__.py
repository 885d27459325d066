"""An invented craft shop, complete with customers, orders and conversations, to fill every screen.

Plain Python: nothing here knows Django, so the content can be tested without a database and the loader
can write it through the same services as real input.
"""

from tickets.demo.shop import build_shop

__all__ = ["build_shop"]
