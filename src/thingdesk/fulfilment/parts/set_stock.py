from collections.abc import Sequence

from thingdesk.fulfilment.parts import store
from thingdesk.fulfilment.parts.model import MOST, StockLine
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, refuse


async def set_stock(tx: Transaction, lines: Sequence[StockLine]) -> None:
    """Say how many of each part are free, without what is set aside; a part's last line counts.

    Raises Refused `stock_invalid` for what cannot be, and then changes nothing.
    """
    wrong = tuple(
        FieldError(f"{number}.quantity", f"is {line.quantity}", f"send 0 to {MOST}")
        for number, line in enumerate(lines)
        if not 0 <= line.quantity <= MOST
    )
    if wrong:
        names = ", ".join(
            f"{line.quantity} of {line.part}" for line in lines if not 0 <= line.quantity <= MOST
        )
        raise refuse("stock_invalid", f"{names}: say 0 to {MOST}", fields=wrong)
    last = {(line.provider, line.part): line.quantity for line in lines}
    if last:
        await store.put(tx, [(*key, last[key]) for key in sorted(last)])
