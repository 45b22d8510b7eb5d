"""The properties, in the order in which a learner meets them."""

from rinq.judge.properties.cost import COST
from rinq.judge.properties.durability import KILL, RESTART
from rinq.judge.properties.finished import FINISHED
from rinq.judge.properties.lapsed import LAPSED_CLAIM
from rinq.judge.properties.live import LIVE_CLAIM
from rinq.judge.properties.order import FIFO
from rinq.judge.properties.poison import POISON
from rinq.judge.properties.power import POWER_LOSS
from rinq.judge.properties.race import ONE_CLAIM
from rinq.judge.properties.retries import RETRIES_END
from rinq.judge.properties.stale import STALE_COMPLETION
from rinq.judge.property import Property

PROPERTIES: tuple[Property, ...] = (
    FIFO,
    RESTART,
    KILL,
    ONE_CLAIM,
    RETRIES_END,
    LAPSED_CLAIM,
    LIVE_CLAIM,
    STALE_COMPLETION,
    FINISHED,
    POISON,
    COST,
    POWER_LOSS,
)

__all__ = ["PROPERTIES"]
