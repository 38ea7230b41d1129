"""Why a bulk sync could not be started or changed, in words for the person who pressed the button."""


class BulkRefused(ValueError):
    """Nothing was changed; the text says what happened, what it means and what to do."""


NOT_CONNECTED = "{name} is not connected at the moment. Nothing was sent. A firm admin can connect it."
PAUSED = "Sync to {name} is paused. Nothing was sent. A firm admin can resume it."
EMPTY = "There is no matter in this choice, so there is nothing to check."
OTHER_RUNS = "Another bulk sync is under way. Only one runs at a time; wait until it has ended, or stop it."
NOT_PLANNED = "This bulk sync was started or discarded meanwhile. Nothing was done twice."
WRONG_NUMBER = "Type {count}, the number of records that will be sent. Nothing was sent."
NOTHING_TO_SEND = "Nothing in this list has to be sent."
STALE = "This dry run is more than 24 hours old. Nothing was sent. Check again for a fresh one."
MAPPING = (
    "Mappings, settings or the {name} account changed after this dry run. Nothing was sent. Check again to see what"
    " would be sent now."
)
BROKEN = "The seal of this plan does not match its list any more. Nothing was sent. Check again."
WRONG_MOMENT = "This is not possible any more: the bulk sync moved on meanwhile. The page shows how it stands now."
NO_FAILURES = "Nothing in this bulk sync has failed."
